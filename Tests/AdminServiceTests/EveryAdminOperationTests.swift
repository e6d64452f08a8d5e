import AdminService
import HTTPServerTesting
import Requests
import S3Protocol
import Testing

/// What holds for all operations alike, made from their table: a new one cannot forget it.
@Suite struct EveryAdminOperationTests {
    struct Call: Sendable, CustomTestStringConvertible {
        let endpoint: AdminEndpoint

        var testDescription: String { "\(endpoint.method) \(endpoint.path)" }

        var path: String {
            endpoint.path.split(separator: "/", omittingEmptySubsequences: false)
                .map { $0.hasPrefix("{") ? "absent" : String($0) }.joined(separator: "/")
        }

        /// With all of its parameters, or all but one.
        func target(without missing: String? = nil) -> String {
            let query = endpoint.required.filter { $0 != missing }.map { "\($0)=absent" }.joined(separator: "&")
            return query.isEmpty ? path : "\(path)?\(query)"
        }
    }

    static let all = AdminEndpoint.all.map { Call(endpoint: $0) }

    @Test func `no address is two operations'`() {
        #expect(Set(Self.all.map(\.testDescription)).count == Self.all.count)
    }

    @Test(arguments: all)
    func `nobody without a signature is let in, nor with a wrong one, nor by a presigned URL`(call: Call) async throws {
        let fixture = try await AdminFixture()
        let anonymous = await fixture.send(call.endpoint.method, call.target())
        #expect(anonymous.status == 403, "\(anonymous.status) \(anonymous.text)")
        #expect(anonymous.code == "AccessDenied")
        let forged = try await fixture.call(call.endpoint.method, call.target(), secret: "another-secret")
        #expect(forged.status == 403)
        #expect(forged.code == "SignatureDoesNotMatch")
        let presigned = SigV4Signer(accessKey: "tester", secretKey: AdminFixture.secret, region: "")
        let target = try presigned.presign(
            method: call.endpoint.method, target: call.target(), headers: [("host", "localhost")], expires: 60,
            now: Clock.milliseconds() / 1000)
        let byURL = await fixture.send(call.endpoint.method, target)
        #expect(byURL.status == 403, "\(byURL.status) \(byURL.text)")
    }

    @Test(arguments: all.filter { !$0.endpoint.required.isEmpty })
    func `a parameter that is missing is named`(call: Call) async throws {
        let fixture = try await AdminFixture()
        for name in call.endpoint.required {
            let answer = try await fixture.call(call.endpoint.method, call.target(without: name))
            #expect(answer.status == 400, "\(answer.status) \(answer.text)")
            #expect(answer.code == "InvalidRequest")
            #expect(answer.text.contains("'\(name)'"))
        }
    }

    @Test(arguments: all.filter { $0.endpoint.method != "GET" })
    func `a parameter that nobody knows is not passed over in a write`(call: Call) async throws {
        let fixture = try await AdminFixture()
        let target = call.target()
        let answer = try await fixture.call(
            call.endpoint.method, target + (target.contains("?") ? "&" : "?") + "invented-tomorrow=true")
        #expect(answer.status == 501, "\(answer.status) \(answer.text)")
    }

    @Test(arguments: all)
    func `a body that is too large is refused before it is taken`(call: Call) async throws {
        let fixture = try await AdminFixture()
        let body = [UInt8](repeating: UInt8(ascii: " "), count: call.endpoint.bodyLimit + 1)
        let answer = try await fixture.call(call.endpoint.method, call.target(), body: body)
        #expect(answer.status == 400, "\(answer.status) \(answer.text)")
        #expect(["EntityTooLarge", "XMinioAdminConfigTooLarge"].contains(answer.code), "\(answer.text)")
        #expect(answer.heldBytes == 0)
    }

    @Test(arguments: all.filter { $0.endpoint.hasEncryptedBody })
    func `a body that does not open is refused`(call: Call) async throws {
        let fixture = try await AdminFixture()
        let bodies: [(what: String, bytes: [UInt8])] = [
            ("nothing", []), ("plaintext", Array("{}".utf8)),
            ("another secret", try AdminFixture.encrypted("{}", secret: "another-secret")),
            ("half", Array(try AdminFixture.encrypted("{}").dropLast())),
        ]
        for (what, bytes) in bodies {
            let answer = try await fixture.call(call.endpoint.method, call.target(), body: bytes)
            #expect(answer.status == 400, "\(what): \(answer.status) \(answer.text)")
            #expect(answer.code == "XMinioAdminConfigBadJSON", "\(what)")
        }
    }

    @Test(arguments: all.filter { $0.endpoint.hasJSONBody })
    func `a document that is none is refused`(call: Call) async throws {
        let fixture = try await AdminFixture()
        for text in ["", "nonsense", "{", "[1,", "{\"a\":}", "\u{0}", String(repeating: "[", count: 60_000)] {
            let answer = try await fixture.call(call.endpoint.method, call.target(), body: Array(text.utf8))
            #expect((400...404).contains(answer.status), "\(answer.status) \(answer.text)")
        }
    }

    @Test func `addresses that nobody has are refused as MinIO refuses them`() async throws {
        let fixture = try await AdminFixture()
        for path in ["/minio/admin/v3/nothing", "/minio/admin/v3/", "/minio/admin/v2/info", "/minio/admin/v4/info"] {
            let answer = try await fixture.call("GET", path)
            #expect(answer.status == 426)
            #expect(answer.code == "XMinioAdminVersionMismatch")
        }
        #expect(try await fixture.call("GET", "/minio/kms/v1/nothing").code == "BadRequest")
    }
}
