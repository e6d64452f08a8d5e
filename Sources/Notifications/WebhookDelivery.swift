import HTTPClient
import Logging
import SealedStorage
import Synchronization
import Threading

/// Tells one webhook of what waits for it: one batch at a time and in their order, until it has taken each.
///
/// A document is removed from the drive after the webhook has answered 2xx, so after a crash some are sent again. What the
/// webhook refuses is sent again too, after a pause that grows; meanwhile the queue grows to its bound.
final class WebhookDelivery: Sendable {
    private let target: WebhookTarget
    private let events: EventQueue
    private let client: HTTPClient
    private let logger: Logger
    private let deployment: @Sendable () async -> String
    private let counts: DeliveryCounts
    private let waiter = ShortLock<PendingAnswer<Bool>?>(nil)
    private let hasNews = Atomic(true)

    private static let batch = 64
    private static let batchBytes = 1 << 20
    /// How long nothing is looked for when nothing was told of.
    private static let longestRest = Duration.seconds(60)

    init(
        _ target: WebhookTarget, events: EventQueue, counts: DeliveryCounts,
        deployment: @escaping @Sendable () async -> String, logger: Logger
    ) throws(HTTPClientError) {
        self.deployment = deployment
        self.target = target
        self.events = events
        self.counts = counts
        self.logger = logger
        client = try HTTPClient(target.transport)
    }

    /// Something waits; to be called after it does.
    func wake() {
        hasNews.store(true, ordering: .sequentiallyConsistent)
        waiter.withLock { $0 }?.give(true)
    }

    /// Delivers until it is cancelled.
    func run() async {
        var failures = 0
        while !Task.isCancelled {
            hasNews.store(false, ordering: .sequentiallyConsistent)
            let outcome = await deliver(afterFailures: failures)
            switch outcome {
            case .delivered: failures = 0
            case .nothing:
                failures = 0
                await rest(Self.longestRest)
            case .gaveUp:
                failures = 0
                guard (try? await Task.sleep(for: pause(after: 1))) != nil else { return }
            case .failed:
                failures += 1
                // News are no reason to try again sooner.
                guard (try? await Task.sleep(for: pause(after: failures))) != nil else { return }
            }
        }
    }

    /// One second, and twice as long with each failure up to a minute; by chance down to half of it, so that many
    /// servers do not come at the same moment.
    private func pause(after failures: Int) -> Duration {
        switch target.retry {
        case .growing: .milliseconds(Int.random(in: 500...1000) << min(failures - 1, 6))
        case .every(let interval, _): interval
        }
    }

    private func rest(_ longest: Duration) async {
        let answer = PendingAnswer<Bool>()
        waiter.withLock { $0 = answer }
        // It may have come before there was anybody to wake.
        if hasNews.load(ordering: .sequentiallyConsistent) { answer.give(true) }
        let timer = Task {
            guard (try? await Task.sleep(for: longest)) != nil else { return }
            answer.give(true)
        }
        _ = await answer.wait(cancelled: false)
        timer.cancel()
        waiter.withLock { $0 = nil }
    }

    private enum Outcome { case delivered, nothing, failed, gaveUp }

    private func deliver(afterFailures failures: Int) async -> Outcome {
        let waiting: [QueuedEvent]
        do {
            waiting = try await events.next(
                of: target.queue, limit: max(Self.batch, target.batch), bytes: Self.batchBytes)
        } catch {
            note("what waits for a webhook cannot be read", error, afterFailures: failures)
            return .failed
        }
        guard !waiting.isEmpty else { return .nothing }
        var done: [QueuedEvent] = []
        var failure: (any Error)?
        var gaveUp = false
        while failure == nil, done.count < waiting.count {
            let batch = Array(waiting[done.count...].prefix(max(1, target.batch)))
            do {
                try await send(batch)
                done += batch
            } catch {
                failure = error
                guard isGivenUp(after: done.isEmpty ? failures : 0) else { break }
                giveUp(batch)
                gaveUp = true
                done += batch
            }
        }
        do {
            try await events.remove(done, of: target.queue)
        } catch {
            failure = error
        }
        guard let failure else {
            if failures > 0 { logger.notice("a webhook takes events again", metadata: ["webhook": "\(target.queue)"]) }
            return .delivered
        }
        counts.noteFailed()
        note("a webhook was not told", failure, afterFailures: done.isEmpty ? failures : 0)
        return gaveUp ? .gaveUp : .failed
    }

    /// Whether this is the last failure of what is sent first.
    private func isGivenUp(after failures: Int) -> Bool {
        switch target.retry {
        case .growing, .every(_, limit: nil): false
        case .every(_, let limit?): failures + 1 > limit
        }
    }

    private func giveUp(_ batch: [QueuedEvent]) {
        for _ in batch { _ = counts.noteDropped() }
        logger.error(
            "a webhook has refused too often, and what it was to be told is left out",
            metadata: ["webhook": "\(target.queue)", "records": "\(batch.count)"])
    }

    private func send(_ batch: [QueuedEvent]) async throws {
        let documents = batch.compactMap(\.document)
        if documents.count < batch.count {
            counts.noteFailed()
            logger.error("what waited was damaged, and is left out", metadata: ["webhook": "\(target.queue)"])
        }
        guard !documents.isEmpty else { return }
        do {
            try await send(documents)
            for _ in documents { counts.noteSent() }
            counts.note(isOnline: true)
        } catch {
            counts.note(isOnline: false)
            throw error
        }
    }

    private func send(_ documents: [[UInt8]]) async throws {
        var request = HTTPClientRequest(.post, target.endpoint)
        request.headers = [("content-type", "application/json")]
        if target.purpose != .events {
            request.headers.append(("x-minio-webhook-payload-count", "\(documents.count)"))
        }
        let deployment = await deployment()
        if !deployment.isEmpty { request.headers.append(("x-minio-deployment-id", deployment)) }
        if let authorization = target.authorization { request.headers.append(("authorization", authorization)) }
        request.body = Array(documents.joined(separator: [UInt8(ascii: "\n")]))
        request.timeout = target.timeout
        request.maxResponseBytes = 64 << 10
        let response = try await client.send(request)
        guard (200..<300).contains(response.status) else { throw Refusal(status: response.status) }
    }

    private struct Refusal: Error, CustomStringConvertible {
        let status: Int
        var description: String { "it answered \(status)" }
    }

    /// The first of a row of failures, and then one in so many that there is about one line in ten minutes.
    private func note(_ what: String, _ error: any Error, afterFailures failures: Int) {
        guard !Task.isCancelled, failures % 10 == 0 else { return }
        logger.error(
            "\(what); it will be tried again",
            metadata: ["webhook": "\(target.queue)", "endpoint": "\(target.loggedEndpoint)", "cause": "\(error)"])
    }
}

/// What has become of a target's events since the start.
package final class DeliveryCounts: Sendable {
    private let sentCount = Atomic(0)
    private let failedCount = Atomic(0)
    private let droppedCount = Atomic(0)
    private let wasTaken = Atomic(true)

    init() {}

    /// Whether the last attempt succeeded; true before the first.
    package var isOnline: Bool { wasTaken.load(ordering: .relaxed) }

    package var sent: Int { sentCount.load(ordering: .relaxed) }
    /// Attempts that failed, and events that could not be read.
    package var failed: Int { failedCount.load(ordering: .relaxed) }
    /// Events that were lost because too many waited.
    package var dropped: Int { droppedCount.load(ordering: .relaxed) }

    func note(isOnline: Bool) { wasTaken.store(isOnline, ordering: .relaxed) }
    func noteSent() { sentCount.add(1, ordering: .relaxed) }
    func noteFailed() { failedCount.add(1, ordering: .relaxed) }
    /// How many there are now.
    func noteDropped() -> Int { droppedCount.add(1, ordering: .relaxed).newValue }
}
