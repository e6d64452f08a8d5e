/// Why a drive's history as a whole is not what it has to be: the drive is not served from until somebody has decided.
package enum HistoryFault: Hashable, Sendable {
    /// The drive has had a head from its beginning, and there is none.
    case headMissing
    /// The head does not open.
    case headUnreadable
    /// Several rows of the table of sums are not those that the head is of.
    case sumsDiffer
    /// Several buckets, settings or accounts are not those that were committed last, or one of them is gone.
    case recordsDiffer(HistoryPart)
    /// The drive was anchored, and the file is not there.
    case anchorMissing(path: String)
    /// The file is not this drive's, or was edited.
    case anchorForeign(path: String)
    /// The anchor is of a later commit.
    case older(commits: Int64, anchor: Int64)
    /// The drive has not come from the commit that the anchor is of.
    case otherHistory(commits: Int64, anchor: Int64)
}

extension HistoryFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .headMissing: "its rollback evidence has been removed"
        case .headUnreadable: "the head of its rollback evidence is damaged, or another drive's"
        case .sumsDiffer: "its rollback evidence was put back to an older state, or is damaged"
        case .recordsDiffer(let part): "records of its \(part) were removed, added, or put back to an older state"
        case .anchorMissing(let path): "it was anchored before, and there is no anchor \(path)"
        case .anchorForeign(let path): "\(path) is the anchor of another drive, or damaged"
        case .older(let commits, let anchor):
            "it is older than it has been: it has come to commit \(commits), its anchor is of commit \(anchor)"
        case .otherHistory(let commits, let anchor):
            "it has another past: its \(commits) commits do not go on from commit \(anchor), which its anchor is of"
        }
    }
}

/// One part of which records are not those that were committed last.
package struct PartFault: Hashable, Sendable {
    package enum Culprit: Hashable, Sendable {
        case record(CoveredRecord)
        /// One that is gone; of versions, its row number.
        case gone(row: Int64?)
        /// More than one.
        case several
        /// Its row in the table of sums is not the head's: nothing is known of its records.
        case sum
    }

    package let part: HistoryPart
    package let culprit: Culprit
    /// What the records have, less what was summed.
    var difference = RowSum()

    init(part: HistoryPart, culprit: Culprit, difference: RowSum = RowSum()) {
        self.part = part
        self.culprit = culprit
        self.difference = difference
    }

    /// For the log: how many of its records, with no name.
    package var summary: String {
        switch culprit {
        case .record: "one is an older one or damaged, and passes for damaged"
        case .gone: "one was removed"
        case .several: "several differ"
        case .sum: "their sum was put back or is damaged"
        }
    }
}
