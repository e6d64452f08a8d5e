import KESProtocol
import Testing

struct RouteTests {
    /// Method, path, longest body, seconds: the calls as KES lists them.
    static let table: [(String, String, Int, Int)] = [
        ("GET", "/v1/api", 0, 10), ("GET", "/v1/identity/describe/", 0, 15), ("GET", "/v1/identity/list/", 0, 15),
        ("GET", "/v1/identity/self/describe", 0, 15), ("PUT", "/v1/key/create/", 0, 15),
        ("PUT", "/v1/key/decrypt/", 1_000_000, 15), ("DELETE", "/v1/key/delete/", 0, 15),
        ("GET", "/v1/key/describe/", 0, 15), ("PUT", "/v1/key/encrypt/", 1_000_000, 15),
        ("PUT", "/v1/key/generate/", 1_000_000, 15), ("PUT", "/v1/key/hmac/", 1_000_000, 15),
        ("PUT", "/v1/key/import/", 1_000_000, 15), ("GET", "/v1/key/list/", 0, 15), ("GET", "/v1/log/audit", 0, 0),
        ("GET", "/v1/log/error", 0, 0), ("GET", "/v1/metrics", 0, 15), ("GET", "/v1/policy/describe/", 0, 15),
        ("GET", "/v1/policy/list/", 0, 15), ("GET", "/v1/policy/read/", 0, 15), ("GET", "/v1/ready", 0, 15),
        ("GET", "/v1/status", 0, 15), ("GET", "/version", 0, 10),
    ]

    @Test func `the list of calls is KES's`() {
        let descriptions = KESRoute.listed.map { $0.description(timeout: $0.timeout) }
        let expected = Self.table.map { APIDescription(method: $0.0, path: $0.1, maxBody: $0.2, timeout: $0.3) }
        #expect(descriptions == expected)
        let json = String(decoding: APIListResponse(Array(descriptions[..<2])).json, as: UTF8.self)
        #expect(
            json == #"[{"method":"GET","path":"/v1/api","max_body":0,"timeout":10},"#
                + #"{"method":"GET","path":"/v1/identity/describe/","max_body":0,"timeout":15}]"# + "\n")
    }

    @Test func `rotation is an addition, bulk decryption an older release's`() {
        #expect(KESRoute.allCases.filter(\.isExtension) == [.rotateKey, .bulkDecrypt])
        #expect(!KESRoute.listed.contains(.rotateKey) && !KESRoute.listed.contains(.bulkDecrypt))
        #expect(KESRoute.bulkDecrypt.method == .post && KESRoute.bulkDecrypt.maxBody == 1_000_000)
        #expect(KESRoute.rotateKey.method == .put && KESRoute.rotateKey.maxBody == 0)
        #expect(KESRoute.rotateKey.timeout == .seconds(15) && KESRoute.rotateKey.requiresPolicy)
    }

    @Test func `two calls need no policy`() {
        #expect(KESRoute.allCases.filter { !$0.requiresPolicy } == [.version, .selfDescribe])
    }

    @Test func `a slash at the end announces an argument`() {
        for route in KESRoute.allCases { #expect(route.hasArgument == route.path.hasSuffix("/")) }
        #expect(KESRoute.allCases.filter(\.hasArgument).count == 16)
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
