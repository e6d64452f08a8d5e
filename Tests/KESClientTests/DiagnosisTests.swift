import KESClient
import KESProtocol
import Synchronization
import Testing

/// Against servers that are wrong in one respect.
@Suite struct DiagnosisTests {
    private let version = #"{"version":"2025-03-12T09-35-18Z","commit":"c"}"#
    private let own =
        #"{"identity":"i","created_at":"2026-01-01T00:00:00Z","policy":"p","allow":{"/v1/key/*":{}},"#
        + #""deny":{"/v1/key/decrypt/b":{}}}"#

    private func diagnose(
        _ urls: [String], key: String? = "k", paths: [String] = []
    ) async throws -> (isGood: Bool, steps: [DiagnosisStep]) {
        let configuration = KESClientConfiguration(
            endpoints: try KESEndpoints(parsing: urls.joined(separator: ",")), credentials: .none)
        let diagnosis = try KESDiagnosis(
            configuration, endpoint: try #require(configuration.endpoints.all.first),
            key: try key.map { try name($0) }, paths: paths)
        var steps: [DiagnosisStep] = []
        let isGood = await diagnosis.run { steps.append($0) }
        return (isGood, steps)
    }

    /// A server with nothing wrong but what `answer` gives.
    private func diagnose(
        key: String? = "k", paths: [String] = [], _ answer: @escaping @Sendable (String) -> Answer?
    ) async throws -> (isGood: Bool, steps: [DiagnosisStep]) {
        let fake = FakeServer { [version, own] request in
            if let answer = answer(request) { return answer }
            return switch request {
            case "GET /version": .json(version)
            case "GET /v1/identity/self/describe": .json(own)
            case "GET /v1/ready": Answer()
            case "GET /v1/key/describe/k": .json(#"{"name":"k"}"#)
            default: .fault(404, "key does not exist")
            }
        }
        let result = Mutex<(isGood: Bool, steps: [DiagnosisStep])>((false, []))
        try await withServers([fake]) { urls in
            let outcome = try await diagnose(urls, key: key, paths: paths)
            result.withLock { $0 = outcome }
        }
        return result.withLock { $0 }
    }

    @Test func `a client with nothing wrong is told so, step by step`() async throws {
        let (isGood, steps) = try await diagnose(paths: ["/v1/key/list/"]) { _ in nil }
        #expect(isGood)
        #expect(steps.allSatisfy { $0.outcome == .right })
        #expect(
            steps.map(\.subject) == [
                .address, .connection, .handshake, .serverCertificate, .clientCertificate, .server, .identity, .policy,
                .policy, .policy, .policy, .policy, .keyStore, .key,
            ])
    }

    @Test func `nothing listens`() async throws {
        let url = Mutex("")
        try await withServers([FakeServer { _ in Answer() }]) { urls in url.withLock { $0 = urls[0] } }
        let (isGood, steps) = try await diagnose([url.withLock { $0 }])
        #expect(!isGood)
        #expect(steps.map(\.subject) == [.address, .connection])
        #expect(steps.last?.finding.hasSuffix("refuses connections") == true)
    }

    @Test func `a name without address`() async throws {
        let (isGood, steps) = try await diagnose(["https://kes.invalid:7373"])
        #expect(!isGood)
        #expect(steps.map(\.subject) == [.address])
    }

    @Test func `a server that does not speak TLS`() async throws {
        try await withServers([FakeServer { _ in Answer() }]) { urls in
            let (isGood, steps) = try await diagnose(["https://" + urls[0].dropFirst(7)])
            #expect(!isGood)
            #expect(steps.last?.subject == .handshake)
        }
    }

    @Test func `another kind of server`() async throws {
        let (isGood, steps) = try await diagnose { _ in Answer(status: 404, type: "text/html", body: "<html>") }
        #expect(!isGood)
        #expect(steps.last?.subject == .server)
    }

    @Test func `an identity that the server does not know`() async throws {
        let (isGood, steps) = try await diagnose {
            $0.contains("/self/") ? .fault(404, "identity does not exist") : nil
        }
        #expect(!isGood)
        #expect(steps.last?.subject == .identity)
        #expect(steps.last?.finding.contains("has no policy") == true)
    }

    @Test(arguments: [
        ("/v1/status", "no rule allows /v1/status"), ("/v1/key/decrypt/b", "denied by '/v1/key/decrypt/b'"),
    ])
    func `a path that the policy does not give`(path: String, finding: String) async throws {
        let (isGood, steps) = try await diagnose(key: nil, paths: [path]) { _ in nil }
        #expect(!isGood)
        #expect(steps.last?.subject == .policy)
        #expect(steps.last?.finding.contains(finding) == true)
    }

    @Test func `the admin needs no rules`() async throws {
        let (isGood, steps) = try await diagnose(paths: ["/v1/status"]) {
            $0.contains("/self/") ? .json(#"{"identity":"i","admin":true,"created_at":"2026-01-01T00:00:00Z"}"#) : nil
        }
        #expect(isGood)
        #expect(steps.count { $0.subject == .policy } == 1)
    }

    @Test func `a key store that does not answer, and one that the policy hides`() async throws {
        let (isGood, steps) = try await diagnose {
            $0.contains("/ready") ? .fault(504, "key store is not reachable") : nil
        }
        #expect(!isGood)
        #expect(steps.last?.subject == .keyStore)
        let (isHiddenGood, hidden) = try await diagnose {
            $0.contains("/ready") ? .fault(403, "not authorized: insufficient permissions") : nil
        }
        #expect(isHiddenGood)
        #expect(hidden.contains { $0.subject == .keyStore && $0.outcome == .unknown })
    }

    @Test func `a key that is not there`() async throws {
        let (isGood, steps) = try await diagnose(key: "other") { _ in nil }
        #expect(!isGood)
        #expect(steps.last?.subject == .key)
        #expect(steps.last?.outcome == .wrong(remedy: "make it: key create other"))
    }
}
