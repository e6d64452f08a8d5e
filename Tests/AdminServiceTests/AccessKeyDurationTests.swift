import AccessPolicy
import Accounts
import HTTPServerTesting
import Notation
import Requests
import S3Protocol
import Testing

/// `svc:DurationSeconds`: until when access keys may last that somebody makes or changes.
@Suite struct AccessKeyDurationTests {
    private static func world(_ statements: String) async throws -> AdminFixture {
        let fixture = try await AdminFixture()
        let document = #"{"Version":"2012-10-17","Statement":[\#(statements)]}"#
        try await fixture.accounts.putPolicy(AccountName("p"), try IdentityPolicy(Array(document.utf8)), at: 1)
        try await fixture.accounts.putUser("ann", secret: SecretString("secret-of-ann"), isEnabled: true, at: 1)
        _ = try await fixture.accounts.changePolicies(
            .attach([AccountName("p")]), of: .user(AccountName("ann")), at: 1)
        return fixture
    }

    private static func status(
        _ fixture: AdminFixture, _ method: String, _ target: String, _ json: String
    ) async throws -> Int {
        try await fixture.call(
            method, "/minio/admin/v3/\(target)", body: try AdminFixture.encrypted(json, secret: "secret-of-ann"),
            accessKey: "ann", secret: "secret-of-ann"
        ).status
    }

    /// RFC 3339, so many seconds from now.
    private static func time(in seconds: Int64) -> String { HTTPDate.iso8601(Clock.milliseconds() + seconds * 1000) }

    @Test func `keys of one's own that are to last too long can be forbidden`() async throws {
        let fixture = try await Self.world(
            #"""
            {"Effect":"Deny","Action":"admin:CreateServiceAccount","Condition":{"NumericGreaterThan":
            {"svc:DurationSeconds":"7200"}}},{"Effect":"Deny","Action":"admin:CreateServiceAccount","Condition":{"Null":
            {"svc:DurationSeconds":"true"}}}
            """#)
        func make(_ expiration: String?) async throws -> Int {
            let member = expiration.map { #""expiration":"\#($0)""# } ?? ""
            return try await Self.status(fixture, "PUT", "add-service-account", "{\(member)}")
        }
        #expect(try await make(Self.time(in: 3600)) == 200)
        #expect(try await make(Self.time(in: 90_000)) == 403)
        #expect(try await make(nil) == 403)
    }

    @Test func `a right to change keys can be for short ones`() async throws {
        let fixture = try await Self.world(
            #"""
            {"Effect":"Allow","Action":"admin:UpdateServiceAccount","Condition":{"NumericLessThan":
            {"svc:DurationSeconds":"7200"}}}
            """#)
        _ = try await fixture.accounts.addServiceAccount(
            NewServiceAccount(accessKey: "ANNSKEY", secret: SecretString("secret-of-ANNSKEY")),
            for: .user(AccountName("ann")), at: 1)
        func change(_ json: String) async throws -> Int {
            try await Self.status(fixture, "POST", "update-service-account?accessKey=ANNSKEY", json)
        }
        #expect(try await change(#"{"newExpiration":"\#(Self.time(in: 3600))"}"#) == 204)
        #expect(try await change(#"{"newExpiration":"\#(Self.time(in: 90_000))"}"#) == 403)
        #expect(try await change(#"{"newDescription":"d"}"#) == 403)
    }
}
