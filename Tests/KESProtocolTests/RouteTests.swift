import KESProtocol
import Testing

struct RouteTests {
    @Test func `a slash at the end announces an argument`() {
        #expect(KESRoute.createKey.hasArgument && KESRoute.bulkDecrypt.hasArgument && KESRoute.listKeys.hasArgument)
        #expect(!KESRoute.version.hasArgument && !KESRoute.selfDescribe.hasArgument && !KESRoute.auditLog.hasArgument)
    }

    @Test func `PUT takes POST too`() {
        #expect(KESMethod.put.accepts("PUT") && KESMethod.put.accepts("POST"))
        #expect(!KESMethod.put.accepts("GET") && !KESMethod.put.accepts("put"))
        #expect(KESMethod.get.accepts("GET") && !KESMethod.get.accepts("HEAD") && !KESMethod.get.accepts("POST"))
        #expect(KESMethod.post.accepts("POST") && !KESMethod.post.accepts("PUT"))
        #expect(KESMethod.delete.accepts("DELETE") && !KESMethod.delete.accepts("POST"))
    }

    @Test func `faults are spelt with the line feed where KES has it`() {
        let cases: [(KESFault, Int, String)] = [
            (.keyExists, 400, "key already exists"), (.keyNotFound, 404, "key does not exist"),
            (.notAuthorized, 403, "not authorized: insufficient permissions"),
            (.notAuthentic, 400, "decryption failed: ciphertext is not authentic"),
            (.policyNotFound, 404, "policy does not exist"), (.identityNotFound, 404, "identity does not exist"),
            (.invalidKeyName("my.key"), 400, "key name 'my.key' is empty, too long or contains invalid characters"),
            (.invalidListPattern("a-"), 400, "listing pattern 'a-' is empty, too long or is invalid"),
            (.unsupportedAlgorithm(""), 406, "algorithm '' is not supported"),
            (.invalidKeySize(for: "AES256"), 406, "invalid key size for 'AES256'"),
            (.methodNotAllowed("GET", expected: .put), 405, "received method 'GET' expected 'PUT'"),
        ]
        for (fault, status, message) in cases {
            #expect(fault.status == status)
            #expect(String(decoding: fault.body, as: UTF8.self) == "{\"message\":\"\(message)\"\n}")
            #expect(KESFault(status: status, body: fault.body) == fault)
        }
        #expect(KESFault.invalidKeyName("my.key").body.count == 82)
        let fault = KESFault.invalidPolicyName("<\"\\\u{2028}é\n")
        #expect(String(decoding: fault.body, as: UTF8.self).contains(#"'\u003c\"\\\u2028é\n' is"#))
        #expect(KESFault(status: 400, body: fault.body) == fault)
    }

    @Test func `faults of other servers are understood as far as they go`() {
        #expect(KESFault(status: 404, body: Array(#"{"error":"gone"}"#.utf8)).message == "gone")
        #expect(KESFault(status: 502, body: Array("<html>\nbad gateway".utf8)).message == "<html>")
        #expect(KESFault(status: 502, body: []).message == "HTTP status 502")
        #expect(KESFault(status: 502, body: Array("{}".utf8)).message == "{}")
    }
}
