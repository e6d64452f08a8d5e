import Cryptography
import HTTPClient
import KESProtocol
import Threading

/// Data keys that are asked for together.
///
/// A request for one is a call of its own while no other is under way. Those that come meanwhile wait, and the next
/// call is for all of them: the more requests there are, the less each of them costs both sides. A server that takes no
/// lists, as KES does not, refuses the first one; from then on each request is a call of its own, and an hour later a
/// list is tried again.
///
/// Whoever waits has a deadline of its own, a call's time from its arrival on, however many calls that takes. While no
/// server answers, nobody waits at all (``CallCircuit``).
final class DataKeyBatches: Sendable {
    /// Contexts of one call together, in bytes: in base64 still far below the server's limit for a body.
    private static let maxContextBytes = 256 * 1024
    private static let pauseAfterRefusal = Duration.seconds(3600)
    /// Of all master keys together; more are refused.
    private static let maxWaiting = 16_384

    private typealias Outcome = Result<GenerateResponse, KESClientError>

    /// A request that waits for an answer to a call that is not its own.
    private struct Waiter: Sendable {
        let context: [UInt8]
        let deadline: ContinuousClock.Instant
        let answer = PendingAnswer<Outcome>()

        func finish(_ outcome: Outcome) {
            guard !answer.give(outcome), case .success(var key) = outcome else { return }
            wipe(&key.plaintext)
        }
    }

    /// Those that wait for one master key's data keys while a call for it is under way, in the order of their deadlines.
    private struct Line {
        /// The call under way is for these; none where it is one request's own.
        var asked: [Waiter] = []
        var waiting = FIFOQueue<Waiter>()
    }

    private struct State {
        /// No entry where no call is under way.
        var lines: [KeyName: Line] = [:]
        var waitingCount = 0
        /// Until then each request is a call of its own.
        var singlyUntil: ContinuousClock.Instant?
        /// A task is there that ends the waiting of those whose deadline has passed.
        var hasTimer = false

        var takesNoLists: Bool { singlyUntil.map { $0 > .now } ?? false }
    }

    private enum Place {
        case singly
        case now
        case later(Waiter, needsTimer: Bool)
        case full
    }

    private enum Batch {
        case together([Waiter])
        case singly([Waiter])
    }

    private let client: KESClient
    private let state = ShortLock(State())

    init(client: KESClient) { self.client = client }

    /// A fresh data key; the caller wipes the plain one.
    func generate(under name: KeyName, context: [UInt8]) async throws(KESClientError) -> GenerateResponse {
        // In line it would wait for the one call that tries whether a server is there again.
        if let outage = client.outage { throw outage }
        switch place(name, context) {
        case .singly: return try await client.generateKey(under: name, context: context)
        case .now:
            defer { callEnded(name) }
            return try await client.generateKey(under: name, context: context)
        case .later(let waiter, let needsTimer):
            if needsTimer { Task { await endLateWaiting() } }
            return try await waiter.answer.wait(cancelled: .failure(.cancelled)).get()
        case .full: throw .connection(.overloaded, endpoint: client.endpoints[0].url)
        }
    }

    private func place(_ name: KeyName, _ context: [UInt8]) -> Place {
        let deadline = ContinuousClock.now + client.configuration.callTimeout
        return state.withLock { state in
            if state.takesNoLists { return .singly }
            guard state.lines[name] != nil else {
                state.lines[name] = Line()
                return .now
            }
            guard state.waitingCount < Self.maxWaiting else { return .full }
            let waiter = Waiter(context: context, deadline: deadline)
            state.lines[name]?.waiting.append(waiter)
            state.waitingCount += 1
            defer { state.hasTimer = true }
            return .later(waiter, needsTimer: !state.hasTimer)
        }
    }

    // MARK: Calls

    /// Lets those that wait have the call's place; nobody's cancellation ends a call that others wait for.
    private func callEnded(_ name: KeyName) {
        guard let first = nextBatch(name) else { return }
        Task {
            var batch: Batch? = first
            while let current = batch {
                switch current {
                case .together(let waiters): await answerTogether(waiters, name)
                case .singly(let waiters): await answerSingly(waiters, name)
                }
                batch = nextBatch(name)
            }
        }
    }

    /// Takes those that may go into one call; `nil`, and the call's place is free, when nobody waits.
    private func nextBatch(_ name: KeyName) -> Batch? {
        state.withLock { state in
            guard var line = state.lines[name], !line.waiting.isEmpty else {
                state.lines[name] = nil
                return nil
            }
            line.asked = []
            var bytes = 0
            // A single context may be longer than a call's.
            while let next = line.waiting.first, line.asked.count < BulkGenerateRequest.maxCount,
                line.asked.isEmpty || bytes + next.context.count <= Self.maxContextBytes
            {
                bytes += next.context.count
                line.asked.append(next)
                _ = line.waiting.popFirst()
            }
            state.waitingCount -= line.asked.count
            state.lines[name] = line
            return line.asked.count > 1 && !state.takesNoLists ? .together(line.asked) : .singly(line.asked)
        }
    }

    private func answerTogether(_ batch: [Waiter], _ name: KeyName) async {
        do throws(KESClientError) {
            let keys = try await client.generateKeys(under: name, contexts: batch.map(\.context))
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

    // MARK: Deadlines

    /// Tells those whose deadline has passed, as long as anybody waits.
    private func endLateWaiting() async {
        while let next = endWaiting(at: .now) { try? await Task.sleep(until: next) }
    }

    /// The next deadline; nil, and the timer is no more, when nobody waits.
    private func endWaiting(at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        let (late, next) = state.withLock { state -> ([Waiter], ContinuousClock.Instant?) in
            var late: [Waiter] = []
            var next: ContinuousClock.Instant?
            for (name, var line) in state.lines {
                late += line.asked.prefix { $0.deadline <= now }
                line.asked.removeAll { $0.deadline <= now }
                while let first = line.waiting.first, first.deadline <= now {
                    late.append(first)
                    _ = line.waiting.popFirst()
                    state.waitingCount -= 1
                }
                state.lines[name] = line
                guard let first = line.asked.first ?? line.waiting.first else { continue }
                next = min(next ?? first.deadline, first.deadline)
            }
            state.hasTimer = next != nil
            return (late, next)
        }
        for waiter in late {
            waiter.finish(.failure(.connection(.timedOut(.response), endpoint: client.endpoints[0].url)))
        }
        return next
    }
}
