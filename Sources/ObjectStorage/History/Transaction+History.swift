/// Whether a transaction keeps sums.
enum Witness {
    /// The drive has none: it was made by a former release, and its keys have not been opened since; or it is new.
    case none
    /// It has, and the keys are not there: what would change a covered record is refused.
    case locked
    case open(OpenHistory)
}

/// How the history is to be opened.
struct HistoryOpening: Sendable {
    let authenticator: any RowAuthenticator
    /// Whether the drive has had a head from its beginning.
    let isRequired: Bool
    let anchor: RollbackAnchor?
    /// Whether what is there is taken for the truth, whatever it is.
    let accepts: Bool
}

extension Transaction {
    /// A record comes; after everything that can refuse it.
    func noteArrival(_ record: @autoclosure () -> CoveredRecord) throws(StorageError) {
        guard let history = try historyToKeep() else { return }
        let record = record()
        guard let part = part(of: record) else { return }
        noteChange(OpenHistory.Change(part: part.number, sum: record.sum(history.authenticator), isAddition: true))
    }

    /// A record goes, as it was found; before its row is changed.
    func noteDeparture(_ record: @autoclosure () -> CoveredRecord) throws(StorageError) {
        guard let history = try historyToKeep() else { return }
        let record = record()
        guard let part = part(of: record) else { return }
        var sum = record.sum(history.authenticator)
        // A damaged one is not what was summed; by how much the sum differs for it, the other records of the part tell.
        if !history.authenticator.isAuthentic(record),
            let fault = try session.check(
                part, summed: summedRows, history.authenticator, pending: pendingDifference(of: part)),
            fault.culprit == .record(record)
        {
            sum -= fault.difference
        }
        noteChange(OpenHistory.Change(part: part.number, sum: sum, isAddition: false))
    }

    /// Nil when no sums are kept.
    private func historyToKeep() throws(StorageError) -> OpenHistory? {
        switch witness {
        case .none: nil
        case .locked: throw .historyLocked
        case .open(let history): history
        }
    }

    /// The part in which the record counts, nil when it does not, or not yet.
    private func part(of record: CoveredRecord) -> HistoryPart? {
        if case .version(_, let row, _) = record, row > summedRows { return nil }
        return record.part
    }

    // MARK: Opening

    /// Opens the history, or begins it on a drive that has none.
    ///
    /// - Returns: what differs and is confined to one part.
    /// - Throws: `rolledBack`.
    func openHistory(_ opening: HistoryOpening) throws(StorageError) -> [PartFault] {
        let anchored = try opening.anchor?.read(opening.authenticator)
        let head: HistoryHead
        switch try session.historyHead(opening.authenticator) {
        case .present(let found) where !opening.accepts: head = found
        case .present(let found):
            try begin(opening, after: max(found.commits, anchored?.point?.commits ?? 0))
            return []
        case _ where opening.accepts:
            try begin(opening, after: anchored?.point?.commits ?? 0)
            return []
        case .unreadable: throw .rolledBack(.headUnreadable)
        case .absent:
            let isPristine = try session.isPristine
            guard !opening.isRequired || isPristine else { throw .rolledBack(.headMissing) }
            if let anchor = opening.anchor {
                switch anchored {
                case .point(let point): throw .rolledBack(.older(commits: 0, anchor: point.commits))
                case .foreign: throw .rolledBack(.anchorForeign(path: anchor.path))
                case .absent, nil: break
                }
            }
            try begin(opening, after: 0)
            return []
        }
        var faults: [PartFault] = []
        if let fault = try session.checkSums(head, opening.authenticator) { faults.append(fault) }
        if let anchor = opening.anchor, let anchored { try anchor.check(anchored, head) }
        for part in HistoryPart.tables {
            if let fault = try session.check(part, summed: head.summed, opening.authenticator) { faults.append(fault) }
        }
        let history = OpenHistory(head, opening.authenticator)
        if case .point(let point) = anchored { history.confirm(point) }
        adopt(history)
        return faults
    }

    /// Sums what is there; versions in the background.
    private func begin(_ opening: HistoryOpening, after commits: Int64) throws(StorageError) {
        try run("DELETE FROM sums")
        let chain = RowCode(
            UInt64.random(in: 0 ... .max), UInt64.random(in: 0 ... .max), UInt64.random(in: 0 ... .max),
            UInt64.random(in: 0 ... .max))
        let summed = try session.greatestVersionRow() == 0 ? Int64.max : 0
        adopt(OpenHistory(HistoryHead(commits: commits, chain: chain, summed: summed), opening.authenticator))
        for part in HistoryPart.tables {
            try session.forEachRecord(of: part, upTo: .max) { record throws(StorageError) in try noteArrival(record) }
        }
        hasToWriteHead = true
    }

    /// Nil while no history is open; one that this very transaction opens is not durable yet.
    func markHistory(confirming confirmed: HistoryPoint?) -> HistoryPoint? {
        guard case .open(let history) = witness, openedHistory == nil else { return nil }
        if let confirmed { history.confirm(confirmed) }
        return history.mark()
    }

    /// One step of summing the versions of a drive that had no sums; true when there are more.
    func sumVersions(_ limit: Int64) throws(StorageError) -> Bool {
        guard case .open = witness, summedRows < .max else { return false }
        let first = summedRows + 1
        var records: [(row: Int64, record: CoveredRecord)] = []
        try session.forEachVersion(from: first, upTo: .max, limit: limit) { (row, record) throws(StorageError) in
            records.append((row, record))
        }
        summedRows = Int64(records.count) < limit ? .max : records.last?.row ?? .max
        for (_, record) in records { try noteArrival(record) }
        hasToWriteHead = true
        return summedRows < .max
    }
}
