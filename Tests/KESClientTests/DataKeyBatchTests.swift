import KESClient
import KESProtocol
import KeyManagement
import Synchronization
import Testing

/// Data keys that many ask for at once.
@Suite struct DataKeyBatchTests {
    /// Answers each context with itself for a wrapped key, so that whose it is can be told.
    private static func keys(for request: String) -> [String] {
        request.matches(of: /"context":"([^"]*)"/).map { match in
            #"{"plaintext":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=","ciphertext":"\#(match.1)"}"#
        }
    }

    private static func isList(_ request: String) -> Bool { request.contains("/generate/k [") }

    private static func answer(_ request: String) -> Answer {
        let keys = keys(for: request)
        return Answer.json(isList(request) ? "[\(keys.joined(separator: ","))]" : keys[0])
    }

    /// Holds answers back until as many requests as are expected have been made.
    private final class Gate: Sendable {
        private let state = Mutex((arrived: 0, expected: 0))

        func expect(_ count: Int) { state.withLock { $0.expected += count } }
        func arrive() { state.withLock { $0.arrived += 1 } }

        func wait() async {
            while state.withLock({ $0.arrived < $0.expected }) { try? await Task.sleep(for: .milliseconds(2)) }
            // Who has arrived takes some microseconds more to wait in line.
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Asks for as many keys at once, each with a context of its own; who got which outcome.
    private func outcomes(
        _ count: Int, _ service: KESKeyService, _ gate: Gate
    ) async throws -> [Asked] {
        let key = try KeyID("k")
        gate.expect(count)
        return await withTaskGroup(of: Asked.self) { group in
            for number in 0..<count {
                group.addTask {
                    let context = KMSContext(["number": "\(number)"])
                    gate.arrive()
                    do throws(KeyServiceError) {
                        let generated = try await service.generateDataKey(under: key, context: context)
                        return Asked(context: context, outcome: .success(generated.wrapped))
                    } catch {
                        return Asked(context: context, outcome: .failure(error))
                    }
                }
            }
            var outcomes: [Asked] = []
            for await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
    }

    private struct Asked: Sendable {
        let context: KMSContext
        let outcome: Result<[UInt8], KeyServiceError>
    }

    private func withService(
        _ answer: @escaping @Sendable (String) -> Answer,
        test: (KESKeyService, FakeServer, Gate) async throws -> Void
    ) async throws {
        let gate = Gate()
        let gated = { @Sendable (request: String) in
            var answer = answer(request)
            answer.gate = { await gate.wait() }
            return answer
        }
        try await withFake(gated) { client, fake in
            try await test(KESKeyService(client: client, defaultKey: try KeyID("k"), logger: silent), fake, gate)
        }
    }

    @Test func `those that come during a call share the next one, and each gets its own`() async throws {
        try await withService(Self.answer) { service, fake, gate in
            let outcomes = try await outcomes(300, service, gate)
            #expect(outcomes.count == 300)
            for asked in outcomes { #expect(asked.outcome == .success(asked.context.canonicalJSON)) }
            // The first alone, the others by 128.
            #expect(fake.requests.count == 4)
            #expect(fake.requests.filter(Self.isList).map { Self.keys(for: $0).count } == [128, 128, 43])
        }
    }

    @Test func `one after the other each has a call of its own`() async throws {
        try await withService(Self.answer) { service, fake, gate in
            for _ in 0..<3 { _ = try await outcomes(1, service, gate) }
            #expect(fake.requests.count == 3 && !fake.requests.contains(where: Self.isList))
        }
    }

    @Test func `a server that takes no lists is asked once, and then for one key a call`() async throws {
        try await withService({ request in
            Self.isList(request) ? .fault(400, "invalid request body") : Self.answer(request)
        }) { service, fake, gate in
            for _ in 0..<2 {
                for asked in try await outcomes(20, service, gate) {
                    #expect(asked.outcome == .success(asked.context.canonicalJSON))
                }
            }
            #expect(fake.requests.filter(Self.isList).count == 1)
            #expect(fake.requests.count == 41)
        }
    }

    @Test func `what a list is refused with is everybody's answer`() async throws {
        try await withService({ request in
            Self.isList(request)
                ? .fault(403, "not authorized: insufficient permissions") : Self.answer(request)
        }) { service, fake, gate in
            let outcomes = try await outcomes(10, service, gate)
            #expect(outcomes.filter { $0.outcome == .failure(.notAuthorized) }.count == 9)
            #expect(fake.requests.count == 2)
            // The next one finds the way free.
            #expect(try await self.outcomes(1, service, gate).first?.outcome != .failure(.notAuthorized))
        }
    }

    @Test func `a list with another number of keys is no answer`() async throws {
        try await withService({ request in
            var answer = Self.answer(request)
            if Self.isList(request) { answer.body = "[\(Self.keys(for: request).dropLast().joined(separator: ","))]" }
            return answer
        }) { service, _, gate in
            let failures = try await outcomes(10, service, gate).compactMap { outcome -> String? in
                guard case .failure(let error) = outcome.outcome else { return nil }
                return error.description
            }
            #expect(failures.count == 9)
            #expect(failures.allSatisfy { $0.contains("8 data keys instead of 9") })
        }
    }

    @Test func `who gives up is answered at once, the others are not held up`() async throws {
        try await withService(Self.answer) { service, fake, gate in
            let key = try KeyID("k")
            let first = Task { try await service.generateDataKey(under: key, context: KMSContext()) }
            while fake.requests.isEmpty { await Task.yield() }
            let impatient = Task { try await service.generateDataKey(under: key, context: KMSContext(["a": "b"])) }
            let patient = Task { try await service.generateDataKey(under: key, context: KMSContext(["c": "d"])) }
            impatient.cancel()
            await #expect(throws: KeyServiceError.self) { try await impatient.value }
            #expect(try await patient.value.wrapped == KMSContext(["c": "d"]).canonicalJSON)
            #expect(try await first.value.wrapped == KMSContext().canonicalJSON)
        }
    }
}
