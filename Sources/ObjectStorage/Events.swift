/// What a target is to be told of a change; stored by the transaction that makes the change.
package struct NewEvent: Sendable {
    /// The receiver, by its configured name.
    package let target: String
    package let id: EventID
    package let sealed: [UInt8]

    package init(target: String, id: EventID = EventID(), sealed: [UInt8]) {
        self.target = target
        self.id = id
        self.sealed = sealed
    }
}

/// An event that waits to be told.
package struct WaitingEvent: Sendable {
    /// Events of one target are told in the order of their numbers, which is that of their commits.
    package let number: Int64
    /// `nil` in a damaged row.
    package let id: EventID?
    package let sealed: [UInt8]
}

/// What waits for one target.
package struct EventBacklog: Hashable, Sendable {
    package var events: Int
    /// Bytes of the sealed events.
    package var bytes: Int

    package init(events: Int = 0, bytes: Int = 0) {
        self.events = events
        self.bytes = bytes
    }
}

extension ObjectStore {
    /// What waits for each target that something waits for.
    ///
    /// Reads all that waits, but not its bytes: for the start.
    package func eventBacklogs() throws(StorageError) -> [String: EventBacklog] {
        try catalogue.readers.read { session throws(StorageError) in try session.eventBacklogs() }
    }

    /// The next events of a target, of numbers greater than `after`, the first always and the rest up to so many bytes.
    package func events(
        of target: String, after number: Int64 = .min, limit: Int, bytes: Int
    ) async throws(StorageError) -> [WaitingEvent] {
        try await scan { session throws(StorageError) in
            try session.events(of: target, after: number, limit: limit, bytes: bytes)
        }
    }

    /// Stores events that belong to no change.
    package func queue(_ events: [NewEvent]) async throws(StorageError) {
        try space.admitRows(Int64(events.reduce(0) { $0 + $1.sealed.count }))
        _ = try await committer.commit(.queueEvents(events))
    }

    /// Removes events that have been told, or that cannot be read.
    package func forgetEvents(_ numbers: [Int64]) async throws(StorageError) {
        _ = try await committer.commit(.maintain(.forgetEvents(numbers)))
    }
}
