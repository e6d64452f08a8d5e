import Dispatch
package import Logging
package import Requests
package import SealedStorage
import Synchronization
import Threading

/// Tells webhooks of every request, at least once.
///
/// A request that has ended is queued in memory, and a moment later lies sealed on the drive, in the queue of each target,
/// from where it is delivered as events are. No request waits: what finds no room in memory or in a target's queue is
/// counted, and the log says so. What is in memory when the process is killed is lost.
package final class AuditLog: RequestObserver {
    private struct State {
        var waiting = FIFOQueue<CompletedRequest>()
        var bytes = 0
        var isDraining = false
        /// Left out since the last one that was queued.
        var dropped = 0
    }

    /// Bytes of requests that wait in memory.
    private static let capacity = 16 << 20
    private static let batch = 256
    /// How long is waited when the drive takes nothing.
    private static let pause = Duration.seconds(1)

    /// The targets' queues.
    private let targets: [String]
    private let events: EventQueue
    private let deployment: @Sendable () async -> String
    /// Told how many records a target has lost.
    private let lost: @Sendable (_ count: Int, _ target: String) -> Void
    private let logger: Logger
    private let state = ShortLock(State())

    package init(
        targets: [String], events: EventQueue, deployment: @escaping @Sendable () async -> String,
        lost: @escaping @Sendable (_ count: Int, _ target: String) -> Void, logger: Logger
    ) {
        self.targets = targets
        self.events = events
        self.deployment = deployment
        self.lost = lost
        self.logger = logger
    }

    package func observe(_ request: CompletedRequest) {
        guard AuditRecord.isTold(request) else { return }
        let weight = request.weight
        let (isTaken, begins) = state.withLock { state in
            guard state.bytes + weight <= Self.capacity else {
                state.dropped += 1
                return (false, false)
            }
            state.waiting.append(request)
            state.bytes += weight
            defer { state.isDraining = true }
            return (true, !state.isDraining)
        }
        if !isTaken { for target in targets { lost(1, target) } }
        if begins { Task { await self.drain() } }
    }

    /// Waits until what has ended before lies on the drive, two seconds at most.
    package func flush() async {
        let deadline = ContinuousClock.now + .seconds(2)
        while state.withLock({ $0.isDraining }), ContinuousClock.now < deadline {
            guard (try? await Task.sleep(for: .milliseconds(10))) != nil else { return }
        }
    }

    private func drain() async {
        let deployment = await deployment()
        while true {
            let (batch, dropped) = state.withLock { state in
                var batch: [CompletedRequest] = []
                while batch.count < Self.batch, let request = state.waiting.popFirst() { batch.append(request) }
                state.isDraining = !batch.isEmpty
                defer { if !batch.isEmpty { state.dropped = 0 } }
                return (batch, state.dropped)
            }
            guard !batch.isEmpty else { return }
            let records = batch.enumerated().map { index, request in
                AuditRecord.json(request, deployment: deployment, droppedBefore: index == 0 ? dropped : 0)
            }
            for target in targets { await store(records, for: target) }
            state.withLock { state in for request in batch { state.bytes -= request.weight } }
        }
    }

    /// Tries until the drive takes them: further ones wait in memory meanwhile, as long as there is room.
    private func store(_ records: [[UInt8]], for target: String) async {
        var hasFailed = false
        while true {
            do {
                let refused = try await events.queue(records, for: target)
                if refused > 0 { lost(refused, target) }
                return
            } catch {
                if !hasFailed {
                    logger.error(
                        "audit records wait in memory: the drive does not take them",
                        metadata: ["webhook": "\(target)", "cause": "\(error)"])
                }
                hasFailed = true
                guard (try? await Task.sleep(for: Self.pause)) != nil else { return }
            }
        }
    }
}

extension AuditLog {
    /// The audit log as a file: a line for each record, written as the access log is.
    ///
    /// - Throws: when it cannot be opened.
    package static func file(
        _ path: String, deployment: @escaping @Sendable () -> String, logger: Logger
    ) throws(AccessLogError) -> AccessLog {
        try AccessLog(path == "-" ? .standardOutput : .file(path), title: "audit log", logger: logger) {
            request, dropped in
            guard AuditRecord.isTold(request) else { return nil }
            return AuditRecord.json(request, deployment: deployment(), droppedBefore: dropped)
        }
    }

    /// The audit log for those who watch it.
    package static func feed(deployment: @escaping @Sendable () -> String) -> RecordFeed {
        RecordFeed { request in
            AuditRecord.isTold(request) ? AuditRecord.json(request, deployment: deployment()) : nil
        }
    }
}
