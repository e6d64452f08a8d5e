import HTTPClient
import Logging
import SealedStorage
import Synchronization
import Threading

/// Tells one webhook of the events that wait for it: one at a time and in their order, until it has taken each.
///
/// A document is removed from the drive after the webhook has answered 2xx, so after a crash some are sent again. What the
/// webhook refuses is sent again too, after a pause that grows; meanwhile the queue grows to its bound.
final class WebhookDelivery: Sendable {
    private let target: WebhookTarget
    private let events: EventQueue
    private let client: HTTPClient
    private let logger: Logger
    private let counts: DeliveryCounts
    private let waiter = ShortLock<PendingAnswer<Bool>?>(nil)
    private let hasNews = Atomic(true)

    private static let batch = 64
    private static let batchBytes = 1 << 20
    private static let timeout = Duration.seconds(10)
    /// How long nothing is looked for when nothing was told of.
    private static let longestRest = Duration.seconds(60)

    init(_ target: WebhookTarget, events: EventQueue, counts: DeliveryCounts, logger: Logger) throws(HTTPClientError) {
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
            case .failed:
                failures += 1
                // News are no reason to try again sooner.
                guard (try? await Task.sleep(for: Self.pause(after: failures))) != nil else { return }
            }
        }
    }

    /// One second, and twice as long with each failure up to a minute; by chance down to half of it, so that many
    /// servers do not come at the same moment.
    private static func pause(after failures: Int) -> Duration {
        .milliseconds(Int.random(in: 500...1000) << min(failures - 1, 6))
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

    private enum Outcome { case delivered, nothing, failed }

    private func deliver(afterFailures failures: Int) async -> Outcome {
        let waiting: [QueuedEvent]
        do {
            waiting = try await events.next(of: target.id, limit: Self.batch, bytes: Self.batchBytes)
        } catch {
            note("what waits for a webhook cannot be read", error, afterFailures: failures)
            return .failed
        }
        guard !waiting.isEmpty else { return .nothing }
        var done: [QueuedEvent] = []
        var failure: (any Error)?
        for event in waiting {
            do {
                if let document = event.document {
                    try await send(document)
                    counts.noteSent()
                } else {
                    counts.noteFailed()
                    logger.error(
                        "an event that waited was damaged, and is left out", metadata: ["webhook": "\(target.id)"])
                }
                done.append(event)
            } catch {
                failure = error
                break
            }
        }
        do {
            try await events.remove(done, of: target.id)
        } catch {
            failure = error
        }
        guard let failure else {
            if failures > 0 { logger.notice("a webhook takes events again", metadata: ["webhook": "\(target.id)"]) }
            return .delivered
        }
        counts.noteFailed()
        note("a webhook was not told", failure, afterFailures: done.isEmpty ? failures : 0)
        return .failed
    }

    private func send(_ document: [UInt8]) async throws {
        var request = HTTPClientRequest(.post, target.endpoint)
        request.headers = [("content-type", "application/json")]
        if let authorization = target.authorization { request.headers.append(("authorization", authorization)) }
        request.body = document
        request.timeout = Self.timeout
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
            metadata: ["webhook": "\(target.id)", "endpoint": "\(target.loggedEndpoint)", "cause": "\(error)"])
    }
}

/// What has become of a target's events since the start.
package final class DeliveryCounts: Sendable {
    private let sentCount = Atomic(0)
    private let failedCount = Atomic(0)
    private let droppedCount = Atomic(0)

    init() {}

    package var sent: Int { sentCount.load(ordering: .relaxed) }
    /// Attempts that failed, and events that could not be read.
    package var failed: Int { failedCount.load(ordering: .relaxed) }
    /// Events that were lost because too many waited.
    package var dropped: Int { droppedCount.load(ordering: .relaxed) }

    func noteSent() { sentCount.add(1, ordering: .relaxed) }
    func noteFailed() { failedCount.add(1, ordering: .relaxed) }
    /// How many there are now.
    func noteDropped() -> Int { droppedCount.add(1, ordering: .relaxed).newValue }
}
