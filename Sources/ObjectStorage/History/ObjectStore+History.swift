/// How it is noticed that records were put back: see the article <doc:RollbackEvidence>.
extension ObjectStore {
    /// Opens the drive's history, or begins it on a drive that has none; from then on every commit goes on with it.
    ///
    /// Blocks until the committer has come to it.
    ///
    /// - Parameters:
    ///   - isRequired: whether the drive has had one from its beginning.
    ///   - accepts: whether what is there is taken for the truth, whatever it is: all is summed anew.
    /// - Returns: which buckets, settings and accounts are not those that were committed last.
    /// - Throws: `rolledBack`; then what would change a covered record goes on being refused with `historyLocked`.
    package func openHistory(
        _ authenticator: any RowAuthenticator, isRequired: Bool, anchor: RollbackAnchor?, accepts: Bool = false
    ) throws(StorageError) -> [PartFault] {
        let opening = HistoryOpening(
            authenticator: authenticator, isRequired: isRequired, anchor: anchor, accepts: accepts)
        guard case .history(let faults) = try committer.commitAndWait(.openHistory(opening)) else {
            preconditionFailure("an opened history has the outcome of one")
        }
        history.open(opening)
        return faults
    }

    /// Sums some versions of a drive that had no sums; true when there are more.
    package func sumSomeVersions() async throws(StorageError) -> Bool {
        guard case .found(true) = try await committer.commit(.maintain(.sumVersions(limit: 256))) else { return false }
        return true
    }

    /// Whether the history is open: else nothing can be said of it.
    package var hasOpenHistory: Bool { history.authenticator != nil }

    /// Whether an anchor is kept.
    package var isAnchored: Bool { history.anchor != nil }

    /// Has the anchor say how far the drive has come, durable when this returns.
    package func writeAnchor() async throws(StorageError) {
        guard isAnchored else { return }
        guard case .mark(let mark?) = try await committer.commit(.markHistory(confirming: history.anchored)) else {
            return
        }
        let history = history
        do {
            try await pool.run { try history.write(mark) }
        } catch { throw .wrapping(error) }
    }

    // MARK: Looking

    /// The parts that there are, behind a number; with the number of the last.
    package func historyParts(
        after number: Int64, limit: Int
    ) async throws(StorageError) -> (parts: [HistoryPart], last: Int64)? {
        let numbers = try await scan { session throws(StorageError) in
            try session.summedParts(after: number, limit: limit)
        }
        guard let last = numbers.last else { return nil }
        return (numbers.compactMap { HistoryPart(number: $0) }, last)
    }

    /// Compares the records of a part with its sum, in one snapshot: nil when they are those that were committed last.
    ///
    /// Nothing is known while no history is open.
    package func check(_ part: HistoryPart) async throws(StorageError) -> PartFault? {
        guard let authenticator = history.authenticator else { return nil }
        return try await scan { session throws(StorageError) in
            try session.snapshot { () throws(StorageError) -> PartFault? in
                guard case .present(let head) = try session.historyHead(authenticator) else {
                    throw .rolledBack(.headUnreadable)
                }
                return try session.check(part, summed: head.summed, authenticator)
            }
        }
    }

    /// Compares all sums with the head, in one snapshot.
    ///
    /// - Throws: `rolledBack`.
    package func checkSums() async throws(StorageError) -> PartFault? {
        guard let authenticator = history.authenticator else { return nil }
        return try await scan { session throws(StorageError) in
            try session.snapshot { () throws(StorageError) -> PartFault? in
                guard case .present(let head) = try session.historyHead(authenticator) else {
                    throw .rolledBack(.headUnreadable)
                }
                return try session.checkSums(head, authenticator)
            }
        }
    }

    /// From now on this record, as it is sealed, passes for one that does not open: another one was committed in its place.
    package func distrust(_ record: CoveredRecord) { history.distrust(record.sealed) }

    package func isDistrusted(_ sealed: [UInt8]) -> Bool { history.isDistrusted(sealed) }
}
