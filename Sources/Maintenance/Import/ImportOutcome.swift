import MinIODrive

/// What has become of one version.
package struct ImportedItem: Sendable {
    package let bucket: String
    package let key: String
    /// As the source names it; nil for an object of which no version can be read.
    package let version: String?
    /// Bytes of plaintext.
    package let size: Int64
    package let outcome: ImportOutcome
}

package enum ImportOutcome: Sendable {
    /// It is on this drive now, under this id; in a dry run it would be, and has none.
    case imported(as: String?, note: String?)
    /// It was here already; its tags, retention or legal hold have changed since, and are as there now.
    case updated
    case skipped(ImportSkip, detail: String)
}

/// Why a version was not imported, in a few words for the table.
package enum ImportSkip: String, CaseIterable, Sendable {
    case present = "here already"
    case damaged = "damaged"
    case notSupported = "not supported"
    case remote = "in a remote tier"
    case customerKey = "no customer's key given"
    case keyMissing = "key missing in the key service"
    case keyWrong = "another key of that name"
    case keyServiceAway = "key service not available"
    case unreadable = "unreadable"
    /// The key has versions here that were written by clients, or come later than this one.
    case inTheWay = "other versions here"
    case refused = "refused by this drive"

    init(_ fault: DriveFault) {
        switch fault {
        case .damaged: self = .damaged
        case .unsupported: self = .notSupported
        case .remote: self = .remote
        case .customerKeyMissing: self = .customerKey
        case .keyMissing: self = .keyMissing
        case .keyWrong: self = .keyWrong
        case .keyServiceAway: self = .keyServiceAway
        case .unreadable: self = .unreadable
        }
    }

    /// Whether nothing is amiss: what was to come is there.
    package var isHarmless: Bool {
        switch self {
        case .present: true
        case .damaged, .notSupported, .remote, .customerKey, .keyMissing, .keyWrong, .keyServiceAway, .unreadable,
            .inTheWay, .refused:
            false
        }
    }
}

/// Sums up: found = imported + updated + skipped.
package struct ImportCounts: Sendable {
    package private(set) var imported = 0
    package private(set) var updated = 0
    package private(set) var bytes: Int64 = 0
    package private(set) var skipped: [ImportSkip: Int] = [:]

    package init() {}

    package var found: Int { imported + updated + skipped.values.reduce(0, +) }
    package var isWhole: Bool { skipped.keys.allSatisfy(\.isHarmless) }

    package mutating func note(_ item: ImportedItem) {
        switch item.outcome {
        case .imported:
            imported += 1
            bytes += item.size
        case .updated: updated += 1
        case .skipped(let reason, _): skipped[reason, default: 0] += 1
        }
    }
}
