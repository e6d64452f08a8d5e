package import ObjectStorage
package import S3Protocol
import Threading

/// What wants to know of events as soon as they cannot be undone any more.
package protocol EventObserver: Sendable {
    /// An event has happened, and waits on the drive for these targets.
    ///
    /// Called by the task that has made the change: microseconds at most.
    func happened(_ event: ObjectEvent, queuedFor targets: [String])

    /// Something that has been told of already waits on the drive for these targets now.
    func queued(for targets: [String])

    /// An event is lost to a target, because too much waits for it already.
    func dropped(_ event: ObjectEvent, for target: String)
}

/// How much may wait for one target.
package struct EventQueueLimit: Hashable, Sendable {
    package var events: Int
    /// Bytes of the events as they lie on the drive.
    package var bytes: Int

    package init(events: Int = 100_000, bytes: Int = 256 << 20) {
        self.events = events
        self.bytes = bytes
    }
}

/// An event that is to be sent to a target.
package struct QueuedEvent: Sendable {
    let number: Int64
    let byteCount: Int
    /// The document to be sent; `nil` when what lies on the drive does not open.
    package let document: [UInt8]?
}

/// What targets are still to be told, on the drive: sealed, and stored by the transaction that makes the change.
///
/// So an event of an acknowledged change is never lost, but where a target has fallen so far behind that its queue is
/// full: then the event is, and never the change. What is counted here is in memory; a start counts anew.
package final class EventQueue: Sendable {
    private let records: SealedRecords
    private let state = ShortLock(State())

    private struct State {
        var targets: [String: Target] = [:]
        var observer: (any EventObserver)?
        /// Events of what has changed nothing, to be stored by ``drain()``.
        var pending: [(event: ObjectEvent, targets: [String])] = []
        var isDraining = false
    }

    private struct Target {
        let limit: EventQueueLimit
        var backlog = EventBacklog()
    }

    /// Events of reads that may wait for the drive; more are lost.
    private static let greatestPending = 4096

    init(_ records: SealedRecords) { self.records = records }

    private var store: ObjectStore { records.store }

    /// Begins to queue for these targets, and to tell the observer; before that, nothing is queued.
    ///
    /// - Returns: what waits for targets that are not among them: it stays until they are again.
    package func open(
        _ targets: [String: EventQueueLimit], observer: any EventObserver
    ) throws(StorageError) -> [String: EventBacklog] {
        let backlogs = try store.eventBacklogs()
        state.withLock { state in
            state.observer = observer
            for (name, limit) in targets {
                state.targets[name] = Target(limit: limit, backlog: backlogs[name] ?? EventBacklog())
            }
        }
        return backlogs.filter { targets[$0.key] == nil }
    }

    /// What waits for a target of ``open(_:observer:)``.
    package func backlog(of target: String) -> EventBacklog {
        state.withLock { $0.targets[target]?.backlog } ?? EventBacklog()
    }

    // MARK: Events of changes

    /// Makes ready what is to be stored with a change.
    ///
    /// Every prepared event is ``commit(_:isMade:_:)``ted, ``made(_:)`` or ``undone(_:)``, once.
    func prepare(_ event: ObjectEvent, of notice: ChangeNotice) throws -> PreparedEvent {
        try prepare(event, for: notice.targets(for: event.key))
    }

    private func prepare(_ event: ObjectEvent, for targets: [String]) throws -> PreparedEvent {
        guard !targets.isEmpty else { return PreparedEvent(event: event, rows: []) }
        let document = event.webhookDocument()
        var rows: [NewEvent] = []
        for target in targets {
            let id = EventID()
            let sealed = try records.seal(event: document, id: id, for: target)
            switch reserve(sealed.count, for: target) {
            case .taken: rows.append(NewEvent(target: target, id: id, sealed: sealed))
            case .full(let observer): observer?.dropped(event, for: target)
            case .unknown: break
            }
        }
        return PreparedEvent(event: event, rows: rows)
    }

    /// Commits a change with its events.
    func commit<Outcome>(
        _ prepared: [PreparedEvent], isMade: (Outcome) -> Bool, _ change: () async throws -> Outcome
    ) async throws -> Outcome {
        guard !prepared.isEmpty else { return try await change() }
        do {
            let outcome = try await change()
            for event in prepared { isMade(outcome) ? made(event) : undone(event) }
            return outcome
        } catch {
            for event in prepared { undone(event) }
            throw error
        }
    }

    func made(_ prepared: PreparedEvent) {
        guard let observer = state.withLock({ $0.observer }) else { return }
        observer.happened(prepared.event, queuedFor: prepared.rows.map(\.target))
    }

    func undone(_ prepared: PreparedEvent) {
        release(prepared.rows.map { ($0.target, $0.sealed.count) })
    }

    private enum Reservation {
        case taken
        case full((any EventObserver)?)
        /// Nobody delivers to it.
        case unknown
    }

    private func reserve(_ bytes: Int, for target: String) -> Reservation {
        state.withLock { state in
            guard let known = state.targets[target] else { return .unknown }
            guard known.backlog.events < known.limit.events, known.backlog.bytes + bytes <= known.limit.bytes else {
                return .full(state.observer)
            }
            state.targets[target]?.backlog.events += 1
            state.targets[target]?.backlog.bytes += bytes
            return .taken
        }
    }

    private func release(_ events: [(target: String, bytes: Int)]) {
        guard !events.isEmpty else { return }
        state.withLock { state in
            for event in events {
                state.targets[event.target]?.backlog.events -= 1
                state.targets[event.target]?.backlog.bytes -= event.bytes
            }
        }
    }

    // MARK: Events of what is no change

    /// Tells of what has changed nothing in its bucket's objects: a read, a new bucket.
    ///
    /// Waits for nothing. Until it lies on the drive, a moment later, such an event is lost with the process.
    package func tell(_ event: ObjectEvent, of notice: ChangeNotice) {
        let targets = notice.targets(for: event.key)
        let (observer, drains) = state.withLock { state -> ((any EventObserver)?, Bool) in
            guard !targets.isEmpty, state.pending.count < Self.greatestPending else { return (state.observer, false) }
            state.pending.append((event, targets))
            defer { state.isDraining = true }
            return (state.observer, !state.isDraining)
        }
        observer?.happened(event, queuedFor: [])
        if drains { Task { await drain() } }
    }

    // MARK: Documents that are no events

    /// Stores documents for a target of ``open(_:observer:)``; durable when this returns.
    ///
    /// - Returns: how many found no room.
    /// - Throws: what keeps the drive from taking them; then none is stored.
    package func queue(_ documents: [[UInt8]], for target: String) async throws -> Int {
        var rows: [NewEvent] = []
        do {
            for document in documents {
                let id = EventID()
                let sealed = try records.seal(event: document, id: id, for: target)
                guard case .taken = reserve(sealed.count, for: target) else { continue }
                rows.append(NewEvent(target: target, id: id, sealed: sealed))
            }
            if !rows.isEmpty { try await store.queue(rows) }
        } catch {
            release(rows.map { ($0.target, $0.sealed.count) })
            throw error
        }
        if !rows.isEmpty { state.withLock { $0.observer }?.queued(for: [target]) }
        return documents.count - rows.count
    }

    private func drain() async {
        while true {
            let batch = state.withLock { state in
                let batch = Array(state.pending.prefix(256))
                state.pending.removeFirst(batch.count)
                if batch.isEmpty { state.isDraining = false }
                return batch
            }
            guard !batch.isEmpty else { return }
            var prepared: [PreparedEvent] = []
            do {
                for (event, targets) in batch { prepared.append(try prepare(event, for: targets)) }
                let rows = prepared.flatMap(\.rows)
                if !rows.isEmpty { try await store.queue(rows) }
                let observer = state.withLock { $0.observer }
                for event in prepared where !event.rows.isEmpty {
                    observer?.queued(for: event.rows.map(\.target))
                }
            } catch {
                for event in prepared { undone(event) }
                let observer = state.withLock { $0.observer }
                for (event, targets) in batch { for target in targets { observer?.dropped(event, for: target) } }
            }
        }
    }

    // MARK: Delivery

    /// The next events of a target, in their order; empty when none wait.
    ///
    /// - Parameter bytes: what they may have together, unless the first alone has more.
    package func next(of target: String, limit: Int, bytes: Int) async throws -> [QueuedEvent] {
        let rows = try await store.events(of: target, limit: limit, bytes: bytes)
        return try rows.map { row in
            QueuedEvent(
                number: row.number, byteCount: row.sealed.count,
                document: try row.id.flatMap { id in try records.open(event: row.sealed, id: id, for: target) })
        }
    }

    /// Takes events out of the queue that have been told, or never can be.
    package func remove(_ events: [QueuedEvent], of target: String) async throws {
        guard !events.isEmpty else { return }
        try await store.forgetEvents(events.map(\.number))
        release(events.map { (target, $0.byteCount) })
    }
}
