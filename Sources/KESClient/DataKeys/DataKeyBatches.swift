import Cryptography
import KESProtocol
import Locking

/// Data keys that are asked for together.
///
/// A request for one is a call of its own while no other is under way. Those that come meanwhile wait, and the next
/// call is for all of them: the more requests there are, the less each of them costs both sides. A server that takes no
/// lists, as KES does not, refuses the first one; from then on each request is a call of its own, and an hour later a
/// list is tried again.
final class DataKeyBatches: Sendable {
    /// Contexts of one call together, in bytes: in base64 still far below the server's limit for a body.
    private static let maxContextBytes = 256 * 1024
    private static let pauseAfterRefusal = Duration.seconds(3600)

    private typealias Outcome = Result<GenerateResponse, KESClientError>

    /// A request that waits for the next call.
    private struct Waiter: Sendable {
        let context: [UInt8]
        let deadline: ContinuousClock.Instant
        let answer = PendingAnswer<Outcome>()

        func finish(_ outcome: Outcome) {
            guard !answer.give(outcome), case .success(var key) = outcome else { return }
            wipe(&key.plaintext)
        }
    }

    private struct State {
        /// Those that wait behind the call under way for their master key; no entry where there is no such call.
        var waiting: [KeyName: [Waiter]] = [:]
        /// Until then each request is a call of its own.
        var singlyUntil: ContinuousClock.Instant?
    }

    private enum Place {
        case singly
        case now
        case later(Waiter)
    }

    private let client: KESClient
    private let state = ShortLock(State())

    init(client: KESClient) { self.client = client }

    /// A fresh data key; the caller wipes the plain one.
    func generate(under name: KeyName, context: [UInt8]) async throws(KESClientError) -> GenerateResponse {
        switch place(name, context) {
        case .singly: return try await client.generateKey(under: name, context: context)
        case .now:
            defer { callEnded(name) }
            return try await client.generateKey(under: name, context: context)
        case .later(let waiter):
            return try await waiter.answer.wait(cancelled: .failure(.cancelled)).get()
        }
    }

    private func place(_ name: KeyName, _ context: [UInt8]) -> Place {
        let deadline = ContinuousClock.now + client.configuration.callTimeout
        return state.withLock { state in
            if let end = state.singlyUntil, end > .now { return .singly }
            guard state.waiting[name] != nil else {
                state.waiting[name] = []
                return .now
            }
            let waiter = Waiter(context: context, deadline: deadline)
            state.waiting[name]?.append(waiter)
            return .later(waiter)
        }
    }

    /// Lets those that wait have the call's place; nobody's cancellation ends a call that others wait for.
    private func callEnded(_ name: KeyName) {
        guard let first = nextBatch(name) else { return }
        Task {
            var batch: [Waiter]? = first
            while let waiters = batch {
                await answer(waiters, name)
                batch = nextBatch(name)
            }
        }
    }

    /// Takes those that may go into one call; `nil`, and the call's place is free, when nobody waits.
    private func nextBatch(_ name: KeyName) -> [Waiter]? {
        state.withLock { state in
            guard let waiting = state.waiting[name], !waiting.isEmpty else {
                state.waiting[name] = nil
                return nil
            }
            var bytes = 0
            let count = waiting.prefix(BulkGenerateRequest.maxCount).prefix { waiter in
                bytes += waiter.context.count
                return bytes <= Self.maxContextBytes
            }.count
            // A single context may be longer than that.
            let batch = waiting.prefix(max(count, 1))
            state.waiting[name]?.removeFirst(batch.count)
            return Array(batch)
        }
    }

    private func answer(_ batch: [Waiter], _ name: KeyName) async {
        guard batch.count > 1, !isRefused else { return await answerSingly(batch, name) }
        // The first has waited longest; the others must not fail with it when the server is merely slow.
        let timeout = client.configuration.callTimeout
        let left = max(batch[0].deadline - .now, timeout / 2)
        do throws(KESClientError) {
            let keys = try await client.generateKeys(under: name, contexts: batch.map(\.context), timeout: left)
            for (waiter, key) in zip(batch, keys) { waiter.finish(.success(key)) }
        } catch {
            if case .fault(let fault) = error, fault.status == 400 {
                state.withLock { $0.singlyUntil = .now + Self.pauseAfterRefusal }
                return await answerSingly(batch, name)
            }
            for waiter in batch { waiter.finish(.failure(error)) }
        }
    }

    private func answerSingly(_ batch: [Waiter], _ name: KeyName) async {
        await withDiscardingTaskGroup { group in
            for waiter in batch {
                group.addTask { [client] in
                    do throws(KESClientError) {
                        waiter.finish(.success(try await client.generateKey(under: name, context: waiter.context)))
                    } catch {
                        waiter.finish(.failure(error))
                    }
                }
            }
        }
    }

    private var isRefused: Bool { state.withLock { $0.singlyUntil.map { $0 > .now } ?? false } }
}
