import AdminService
import HTTPServerTesting
import SealedStorage
import Testing
import Threading

/// Reads two variables, and refuses one value.
private final class TestSettingsUser: SettingsUser {
    let applied = ShortLock<StoredSettings?>(nil)
    let environment: [String: String]

    init(environment: [String: String] = [:]) { self.environment = environment }

    func reads(_ variable: String) -> Bool {
        ["API_REQUESTS_MAX", "SITE_REGION", "API_CORS_ALLOW_ORIGIN"].contains(variable)
            || variable.hasPrefix("NOTIFY_WEBHOOK_")
    }

    func check(_ settings: StoredSettings) throws(SettingsMalformed) {
        if settings.variables["SITE_REGION"] == "nowhere" { throw SettingsMalformed(.value, "no such region") }
    }

    func apply(_ settings: StoredSettings) { applied.withLock { $0 = settings } }
}

/// The settings of the server: what can be set, what is kept, and how it is shown.
@Suite struct SettingsTests {
    private static let set = "/minio/admin/v3/set-config-kv"
    private static let get = "/minio/admin/v3/get-config-kv?key="

    private func put(_ fixture: AdminFixture, _ text: String) async throws -> MemoryResponse {
        try await fixture.call("PUT", Self.set, body: try AdminFixture.encrypted(text))
    }

    private func shown(_ fixture: AdminFixture, _ key: String) async throws -> String {
        let answer = try await fixture.call("GET", Self.get + key)
        #expect(answer.status == 200, "\(answer.text)")
        return try AdminFixture.decrypted(answer.body)
    }

    @Test func `what is set is shown, applied, and kept`() async throws {
        let user = TestSettingsUser()
        let fixture = try await AdminFixture(user)
        let answer = try await put(fixture, "api requests_max=7 cors_allow_origin=\"https://a, https://b\"")
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.header("x-minio-config-applied") == "true")
        #expect(user.applied.withLock { $0?.variables["API_REQUESTS_MAX"] } == "7")
        let text = try await shown(fixture, "api")
        #expect(text.hasPrefix("api requests_max=7 "))
        #expect(text.contains(" cors_allow_origin=\"https://a, https://b\" "))
        #expect(text.contains(" odirect=on "))
        #expect(text.hasSuffix(" \n"))
        // What needs a restart says so.
        let region = try await put(fixture, "site region=here")
        #expect(region.header("x-minio-config-applied") == nil)
        // Other settings of the same group stay.
        #expect(try await put(fixture, "api cors_allow_origin=*").status == 200)
        #expect(user.applied.withLock { $0?.variables } == ["API_REQUESTS_MAX": "7", "SITE_REGION": "here"])
        let stored = try ServerSettings(fixture.drive.records).stored()
        #expect(stored.variables == ["API_REQUESTS_MAX": "7", "SITE_REGION": "here"])
    }

    @Test(arguments: [
        ("unknown k=v", "XMinioConfigError"), ("api unknown=v", "XMinioConfigError"), ("api", "XMinioConfigError"),
        ("", "XMinioConfigError"), ("api:target requests_max=1", "XMinioConfigError"),
        ("api requests_max=many", "XMinioAdminConfigBadJSON"), ("site region=nowhere", "XMinioAdminConfigBadJSON"),
        ("api object_max_versions=5", "XMinioConfigError"), ("compression enable=on", "XMinioConfigError"),
        ("api requests_max=\"7", "XMinioAdminConfigBadJSON"), ("notify_webhook:t enable=on", "XMinioConfigError"),
    ])
    func `what cannot be is refused, and changes nothing`(text: String, code: String) async throws {
        let fixture = try await AdminFixture(TestSettingsUser())
        #expect(try await put(fixture, "api requests_max=7").status == 200)
        let answer = try await put(fixture, text)
        #expect(answer.status == 400, "\(answer.text)")
        #expect(answer.code == code, "\(answer.text)")
        #expect(try ServerSettings(fixture.drive.records).stored().variables == ["API_REQUESTS_MAX": "7"])
    }

    @Test func `an export can be imported`() async throws {
        let fixture = try await AdminFixture(TestSettingsUser())
        #expect(
            try await put(
                fixture, "api requests_max=7\nnotify_webhook:one enable=on endpoint=http://x/ auth_token=\"Bearer t\""
            ).status == 200)
        let exported = try AdminFixture.decrypted(try await fixture.call("GET", "/minio/admin/v3/config").body)
        #expect(exported.contains("auth_token=\"Bearer t\""))
        #expect(exported.contains("# compression enable=off"))
        let other = try await AdminFixture(TestSettingsUser())
        #expect(try await put(other, "site region=here").status == 200)
        let answer = try await other.call("PUT", "/minio/admin/v3/config", body: try AdminFixture.encrypted(exported))
        #expect(answer.status == 200, "\(answer.text)")
        // What the text does not say is as it is unless it was set.
        #expect(
            try ServerSettings(other.drive.records).stored().variables
                == [
                    "API_REQUESTS_MAX": "7", "NOTIFY_WEBHOOK_ENABLE_one": "on",
                    "NOTIFY_WEBHOOK_ENDPOINT_one": "http://x/",
                    "NOTIFY_WEBHOOK_AUTH_TOKEN_one": "Bearer t",
                ])
        // Secrets are in exports alone.
        #expect(try await !shown(other, "notify_webhook:one").contains("Bearer"))
    }

    @Test func `what is reset is as it was`() async throws {
        let fixture = try await AdminFixture(TestSettingsUser())
        #expect(try await put(fixture, "api requests_max=7 cors_allow_origin=https://a").status == 200)
        func delete(_ text: String) async throws -> MemoryResponse {
            try await fixture.call("DELETE", "/minio/admin/v3/del-config-kv", body: try AdminFixture.encrypted(text))
        }
        #expect(try await delete("api requests_max").status == 200)
        #expect(try ServerSettings(fixture.drive.records).stored().variables == ["API_CORS_ALLOW_ORIGIN": "https://a"])
        #expect(try await delete("api").status == 200)
        #expect(try ServerSettings(fixture.drive.records).stored().isEmpty)
        #expect(try await delete("notify_webhook:absent").code == "XMinioConfigNotFoundError")
    }

    @Test func `the history goes back, is bounded, and forgets`() async throws {
        let fixture = try await AdminFixture(TestSettingsUser())
        for number in 1...3 { #expect(try await put(fixture, "api requests_max=\(number)").status == 200) }
        func history(_ count: Int) async throws -> String {
            let answer = try await fixture.call("GET", "/minio/admin/v3/list-config-history-kv?count=\(count)")
            return try AdminFixture.decrypted(answer.body)
        }
        #expect(try await history(0).split(separator: "restoreId").count == 4)
        let last = try await history(1)
        #expect(last.contains("requests_max=3"))
        let first = try #require(try await history(0).firstMatch(of: /"restoreId":"([0-9a-f-]{36})"/)?.output.1)
        let restored = try await fixture.call("PUT", "/minio/admin/v3/restore-config-history-kv?restoreId=\(first)")
        #expect(restored.status == 200)
        #expect(try await shown(fixture, "api").hasPrefix("api requests_max=1 "))
        #expect(
            try await fixture.call("PUT", "/minio/admin/v3/restore-config-history-kv?restoreId=absent").status == 404)
        #expect(try await fixture.call("DELETE", "/minio/admin/v3/clear-config-history-kv?restoreId=all").status == 200)
        #expect(try await history(0) == "[]")
    }

    @Test func `the environment is shown, and its secrets are not`() async throws {
        let fixture = try await AdminFixture(
            TestSettingsUser(environment: [
                "API_REQUESTS_MAX": "9", "NOTIFY_WEBHOOK_ENABLE_Hook": "on", "NOTIFY_WEBHOOK_AUTH_TOKEN_Hook": "secret",
            ]))
        #expect(try await shown(fixture, "api").hasPrefix("# MINIO_API_REQUESTS_MAX=9\napi requests_max=0 "))
        let webhook = try await shown(fixture, "notify_webhook")
        #expect(webhook.contains("# MINIO_NOTIFY_WEBHOOK_ENABLE_Hook=on\nnotify_webhook:Hook \n"))
        #expect(!webhook.contains("secret"))
        #expect(try await fixture.call("GET", Self.get + "nothing").code == "XMinioConfigError")
        #expect(try await fixture.call("GET", Self.get + "notify_webhook:absent").code == "XMinioConfigError")
        #expect(try await shown(fixture, "subnet").hasPrefix("subnet license= api_key= proxy= "))
    }
}
