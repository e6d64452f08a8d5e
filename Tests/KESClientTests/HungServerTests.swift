import KESClient
import KESProtocol
import KeyManagement
import Synchronization
import Testing

/// A key server that takes connections and does not answer.
@Suite struct HungServerTests {
    private static let version = #"{"version":"v","commit":"c"}"#
    private static let key =
        #"{"plaintext":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=","ciphertext":"AAAA"}"#

    private func failures(_ count: Int, _ service: KESKeyService) async throws -> Int {
        let key = try KeyID("k")
        return await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<count {
                group.addTask {
                    do throws(KeyServiceError) {
                        _ = try await service.generateDataKey(under: key, context: KMSContext())
                        return false
                    } catch {
                        if case .unavailable = error { return true }
                        return false
                    }
                }
            }
            var failures = 0
            for await failed in group where failed { failures += 1 }
            return failures
        }
    }

    @Test func `those in line behind a call that gets no answer do not wait for calls of their own`() async throws {
        let hanging = FakeServer { _ in Answer(delay: .seconds(60)) }
        try await withServers([hanging]) { urls in
            let service = KESKeyService(
                client: try client(urls, timeout: .milliseconds(400)), defaultKey: try KeyID("k"), logger: silent)
            // More than go into two calls.
            #expect(try await failures(400, service) == 400)
            #expect(hanging.requests.count == 1)
        }
    }

    @Test func `who waits for a second call has one call's time in all`() async throws {
        let gate = Mutex(false)
        let server = FakeServer { request in
            if request.contains("/version") { return .json(Self.version) }
            // The first call is slow, and the next, which is for the others, hangs.
            guard !request.contains("/generate/k [") else { return Answer(delay: .seconds(60)) }
            var slow = Answer.json(Self.key)
            slow.gate = { while !gate.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(5)) } }
            return slow
        }
        try await withServers([server]) { urls in
            let client = try client(urls, timeout: .seconds(2))
            let service = KESKeyService(client: client, defaultKey: try KeyID("k"), logger: silent)
            let first = Task { try await failures(1, service) }
            while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            let others = Task { try await failures(10, service) }
            try await Task.sleep(for: .seconds(1))
            gate.withLock { $0 = true }
            #expect(try await first.value == 0)
            #expect(try await others.value == 10)
            // The second call has not ended yet: nothing speaks against the server, and others are let through to it.
            #expect(server.requests.count == 2)
            #expect(try await client.version().version == "v")
        }
    }

    @Test func `calls fail at once while nobody answers, and go out again when somebody does`() async throws {
        let isHung = Mutex(true)
        let server = FakeServer { _ in
            isHung.withLock { $0 } ? Answer(delay: .seconds(60)) : .json(Self.version)
        }
        try await withServers([server]) { urls in
            let client = try client(urls, timeout: .milliseconds(300))
            for _ in 0..<20 { await #expect(throws: KESClientError.self) { try await client.version() } }
            // Each would have been a request; a second after the first failure one may try.
            #expect(server.requests.count < 5)
            isHung.withLock { $0 = false }
            while (try? await client.version()) == nil { try await Task.sleep(for: .milliseconds(20)) }
            for _ in 0..<20 { #expect(try await client.version().version == "v") }
        }
    }

    @Test func `a server that refuses one key keeps answering for the others`() async throws {
        try await withFake({ request in
            request.contains("/describe/broken") ? .fault(500, "malformed key") : .json(Self.version)
        }) { (client, fake) async throws in
            for _ in 0..<3 {
                await #expect(throws: KESClientError.self) { try await client.describeKey(try name("broken")) }
                #expect(try await client.version().version == "v")
            }
            #expect(fake.requests.count == 6)
        }
    }
}
