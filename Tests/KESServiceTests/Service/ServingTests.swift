import Cryptography
import Glibc
import HTTPServer
import KESProtocol
import KESService
import KeyStores
import Synchronization
import TestSupport
import Testing

/// Limits, deadlines, logs, metrics and changes of settings.
@Suite struct ServingTests {
    @Test func `a body may have a million bytes and not one more`() async throws {
        try await withService { server in
            _ = try server.call("PUT", "/v1/key/create/k", as: server.admin)
            let path = server.directory.path
            // Fourteen and two bytes around the base64.
            let fits = "{\"plaintext\":\"" + String(repeating: "eHh4", count: 249_996) + "\"}"
            #expect(fits.utf8.count == 1_000_000)
            writeFile("\(path)/fits", fits)
            writeFile("\(path)/long", fits + " ")
            let chunked = "-H 'Transfer-Encoding: chunked' -H 'Expect:'"
            for more in ["-H 'Expect:'", chunked] {
                let answer = try server.call(
                    "PUT", "/v1/key/encrypt/k", as: server.admin, "--data-binary @\(path)/fits \(more)")
                #expect(answer.status == 200)
                let refused = try server.call(
                    "PUT", "/v1/key/encrypt/k", as: server.admin, "--data-binary @\(path)/long \(more)")
                #expect(refused.status == 400)
                #expect(refused.body == "{\"message\":\"invalid request body\"\n}")
            }
            let declared = try server.call(
                "PUT", "/v1/key/encrypt/k", as: server.admin, "--data-binary @\(path)/long -H 'Expect:'")
            #expect(declared.headers["connection"] == "close")
        }
    }

    @Test func `an empty body in chunks is no document, no body at all is an empty context`() async throws {
        try await withService { server in
            _ = try server.call("PUT", "/v1/key/create/k", as: server.admin)
            #expect(try server.call("PUT", "/v1/key/generate/k", as: server.admin).status == 200)
            let chunked = "-H 'Transfer-Encoding: chunked' -d ''"
            #expect(try server.call("PUT", "/v1/key/generate/k", as: server.admin, chunked).status == 400)
            #expect(try server.call("PUT", "/v1/key/encrypt/k", as: server.admin).status == 400)
        }
    }

    @Test func `a key store that hangs costs a call its time and no more`() async throws {
        let store = HangingStore()
        try await withService(
            store: store, adjust: { settings, _ in settings.apis = [.describeKey: .init(timeout: .milliseconds(200))] }
        ) { server in
            let answer = try server.call("GET", "/v1/key/describe/k", as: server.admin)
            #expect(answer.status == 504)
            #expect(answer.body == "{\"message\":\"request timed out\"\n}")
            let id = try #require(answer.headers["x-kes-request-id"])
            let line = try #require(server.errors.lines.first { $0.hasSuffix(" req.id=\(id)") })
            #expect(line.contains("level=ERROR msg=\"request timed out\" req.method=GET"))
            store.release()
        }
    }

    @Test func `the cause of a failure is logged with the request, and the client does not learn it`() async throws {
        try await withService(store: FailingStore()) { server in
            let answer = try server.call("GET", "/v1/key/describe/k", as: server.admin)
            #expect(answer.status == 502)
            #expect(answer.body == "{\"message\":\"failed to read key\"\n}")
            let line = try #require(server.errors.lines.first { $0.contains("the disk is on fire") })
            #expect(line.contains("req.path=/v1/key/describe/k"))
            #expect(line.contains("req.identity=\(server.admin.identity)"))
            let id = try #require(answer.headers["x-kes-request-id"])
            #expect(line.hasSuffix(" req.id=\(id)"))
            #expect(try server.call("GET", "/v1/ready", as: server.admin).status == 502)
            let status = try server.call("GET", "/v1/status", as: server.admin)
            #expect(status.status == 200)
            #expect(status.body.hasSuffix(",\"keystore_unavailable\":true}\n"))
        }
    }

    @Test func `a log line is bounded and says what was cut`() async throws {
        try await withService(adjust: { settings, _ in settings.log = .init(audit: .debug) }) { server in
            let name = String(repeating: "%C3%A9", count: 1_500)
            #expect(try server.call("GET", "/v1/key/describe/\(name)", as: server.admin).status == 400)
            let line = try #require(server.audit.lines.first { $0.contains("/v1/key/describe/") })
            #expect(line.utf8.count < 4096)
            // Seventeen bytes of the route, and as many whole characters as go into 2048.
            #expect(line.contains("é req.path.cut=\(17 + 3_000 - 2047) "))
            let metrics = try server.call("GET", "/v1/metrics", as: server.admin)
            #expect(metrics.body.contains("\nkes_log_audit_dropped 42\n"))
            #expect(metrics.body.contains("\nkes_log_error_dropped 0\n"))
        }
    }

    @Test func `a rotated key shows its versions, another looks as it always did`() async throws {
        try await withService { server in
            _ = try server.call("PUT", "/v1/key/create/k", as: server.admin)
            let before = try server.call("GET", "/v1/key/describe/k", as: server.admin)
            #expect(!before.body.contains("version"))
            let sealed = try server.call("PUT", "/v1/key/encrypt/k", as: server.admin, "-d '{\"plaintext\":\"aGk=\"}'")

            let rotated = try server.call("PUT", "/v1/key/rotate/k", as: server.admin)
            #expect(rotated.body == "{\"name\":\"k\",\"version\":2}\n")
            let opened = try server.call("PUT", "/v1/key/decrypt/k", as: server.admin, "-d '\(sealed.body)'")
            #expect(opened.body == "{\"plaintext\":\"aGk=\"}\n")
            _ = try server.call("PUT", "/v1/key/generate/k", as: server.admin)

            let after = try server.call("GET", "/v1/key/describe/k", as: server.admin)
            #expect(after.body.hasPrefix(before.body.dropLast(2)))
            let description = try KeyDescribeResponse(json: Array(after.body.utf8))
            #expect(description.version == 2)
            #expect(description.versions.map(\.version) == [1, 2])
            #expect(description.versions.map(\.decrypted) == [1, 0])
            #expect(description.versions[1].generated == 1)
            #expect(server.audit.text.contains("msg=\"secret key 'k' rotated\""))
            #expect(try server.call("PUT", "/v1/key/rotate/none", as: server.admin).status == 404)
            // The list of calls is KES's.
            #expect(try !server.call("GET", "/v1/api", as: server.admin).body.contains("rotate"))
        }
    }

    @Test func `changes are written to standard output, other calls only when that is wanted`() async throws {
        try await withService { server in
            for (method, path) in [
                ("PUT", "/v1/key/create/k"), ("PUT", "/v1/key/create/k"), ("GET", "/v1/key/describe/k"),
                ("DELETE", "/v1/key/delete/k"),
            ] {
                _ = try server.call(method, path, as: server.admin)
            }
            let lines = server.audit.lines
            #expect(lines.count == 2)
            let pattern = try Regex(
                "time=\\S+Z level=INFO msg=\"secret key 'k' created\" req\\.method=PUT req\\.path=/v1/key/create/k "
                    + "req\\.ip=127\\.0\\.0\\.1 req\\.identity=[0-9a-f]{64} res\\.code=200 res\\.time=[0-9.]+(µs|ms|s)")
            #expect(lines[0].wholeMatch(of: pattern) != nil)
            #expect(lines[1].contains("msg=\"secret key 'k' deleted\""))

            server.service.reload(
                KESSettings(
                    admin: server.admin.identity.text, log: .init(audit: .debug), vault: server.vault))
            _ = try server.call("GET", "/v1/ready", as: server.admin)
            #expect(server.audit.lines.last?.contains("level=DEBUG msg=\"request answered\"") == true)
        }
    }

    @Test func `settings change between requests`() async throws {
        try await withService { server in
            let next = try Client("next", in: server.directory.path)
            #expect(try server.call("GET", "/v1/status", as: next).status == 403)
            server.service.reload(KESSettings(admin: next.identity.text, vault: server.vault))
            #expect(try server.call("GET", "/v1/status", as: next).status == 200)
            #expect(try server.call("GET", "/v1/status", as: server.admin).status == 403)
            let list = try server.call("GET", "/v1/identity/list/", as: next)
            #expect(list.body == "{\"identities\":[\"\(next.identity)\"],\"continue_at\":\"\"}\n")
        }
    }

    @Test func `metrics count calls on keys that were let through`() async throws {
        try await withService { server in
            let stranger = try Client("stranger", in: server.directory.path)
            _ = try server.call("PUT", "/v1/key/create/k", as: server.admin)
            _ = try server.call("GET", "/v1/key/describe/none", as: server.admin)
            _ = try server.call("GET", "/v1/key/create/k", as: server.admin)
            _ = try server.call("GET", "/v1/key/describe/k", as: stranger)
            _ = try server.call("GET", "/v1/ready", as: server.admin)
            let text = try server.call("GET", "/v1/metrics", as: server.admin).body
            #expect(text.contains("\nkes_http_request_success{code=\"200\"} 1\n"))
            #expect(text.contains("\nkes_http_request_error{code=\"404\"} 1\n"))
            #expect(!text.contains("code=\"403\"") && !text.contains("code=\"405\""))
            #expect(!text.contains("kes_http_request_failure"))
            #expect(text.contains("\nkes_http_response_time_count 2\n"))
            #expect(text.contains("\nkes_http_request_denied 1\n"))
            #expect(text.contains("\nkes_http_request_active 0\n"))
            #expect(text.contains("\nkes_log_audit_events 5\n"))
            #expect(text.contains("\nkes_log_error_events 1\n"))
            #expect(text.contains("\nkes_keystore_up 1\n"))
            #expect(text.contains("\nkes_keystore_latency_count{operation=\"create\"} 1\n"))
            #expect(text.contains("\nkes_keystore_latency_bucket{operation=\"get\",le=\"+Inf\"} 1\n"))
            // That a key does not exist is an answer; and nothing here has credentials that end.
            #expect(!text.contains("kes_keystore_errors") && !text.contains("_ttl_seconds"))
        }
    }

    @Test func `metrics tell what the key store failed of, and how long its credentials last`() async throws {
        let store = ExpiringStore()
        try await withService(store: store, adjust: { settings, _ in settings.storeIsVault = true }) { server in
            let describe = try server.call("GET", "/v1/key/describe/k", as: server.admin)
            #expect(describe.status == 502)
            let text = try server.call("GET", "/v1/metrics", as: server.admin).body
            #expect(text.contains("\nkes_keystore_errors{operation=\"get\",kind=\"not_authorized\"} 1\n"))
            for name in ["kes_keystore_credential_ttl_seconds", "kes_vault_token_ttl_seconds"] {
                let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + " ") })
                let seconds = try #require(Int(line.split(separator: " ")[1]))
                #expect(500...600 ~= seconds)
            }
        }
    }
}

/// Refuses to read keys, and signs in with something that ends in ten minutes.
private struct ExpiringStore: ReplacingKeyStore {
    let title = "Expiring"
    let credentialExpiry: ContinuousClock.Instant? = .now + .seconds(600)

    func status() async throws(KeyStoreError) -> Duration { .milliseconds(1) }
    func create(_ name: KeyName, _ value: SecretBytes) async throws(KeyStoreError) {}
    func get(_ name: KeyName) async throws(KeyStoreError) -> SecretBytes { throw .notAuthorized("no right") }
    func replace(_ name: KeyName, _ old: SecretBytes, with new: SecretBytes) async throws(KeyStoreError) {}
    func delete(_ name: KeyName) async throws(KeyStoreError) {}
    func list(prefix: String, after last: String?, limit: Int) async throws(KeyStoreError) -> KeyNamePage {
        KeyNamePage(names: [], isLast: true)
    }
}

/// Does not answer until it is let go.
final class HangingStore: ReplacingKeyStore {
    let title = "Hanging"
    private let isReleased = Atomic(false)

    func release() { isReleased.store(true, ordering: .relaxed) }

    private func hang() async throws(KeyStoreError) {
        while !isReleased.load(ordering: .relaxed) { try? await Task.sleep(for: .milliseconds(5)) }
        throw .unreachable("released")
    }

    func status() async throws(KeyStoreError) -> Duration { .milliseconds(1) }
    func create(_ name: KeyName, _ value: SecretBytes) async throws(KeyStoreError) { try await hang() }
    func replace(_ name: KeyName, _ old: SecretBytes, with new: SecretBytes) async throws(KeyStoreError) {
        try await hang()
    }
    func get(_ name: KeyName) async throws(KeyStoreError) -> SecretBytes {
        try await hang()
        return SecretBytes([])
    }
    func delete(_ name: KeyName) async throws(KeyStoreError) { try await hang() }
    func list(prefix: String, after last: String?, limit: Int) async throws(KeyStoreError) -> KeyNamePage {
        try await hang()
        return KeyNamePage(names: [], isLast: true)
    }
}

/// Answers everything with the same failure.
struct FailingStore: ReplacingKeyStore {
    let title = "Failing"
    private let failure = KeyStoreError.unavailable("the disk is on fire")

    func status() async throws(KeyStoreError) -> Duration { throw failure }
    func create(_ name: KeyName, _ value: SecretBytes) async throws(KeyStoreError) { throw failure }
    func replace(_ name: KeyName, _ old: SecretBytes, with new: SecretBytes) async throws(KeyStoreError) {
        throw failure
    }
    func get(_ name: KeyName) async throws(KeyStoreError) -> SecretBytes { throw failure }
    func delete(_ name: KeyName) async throws(KeyStoreError) { throw failure }
    func list(prefix: String, after last: String?, limit: Int) async throws(KeyStoreError) -> KeyNamePage {
        throw failure
    }
}
