/// What has become of one version.
package struct ExportItem: Sendable {
    package let bucket: String
    package let key: String
    /// Nil for a bucket of which nothing can be written.
    package let version: String?
    /// Bytes of plaintext.
    package let size: Int64
    package let outcome: ExportOutcome
}

package enum ExportOutcome: Sendable {
    /// It is there, but for what the target could not take.
    case exported(without: [ExportLoss])
    case skipped(ExportSkip, detail: String)
}

/// What of a version a target could not take, in a few words for the table.
package enum ExportLoss: String, CaseIterable, Sendable {
    case encryption = "their encryption"
    case retention = "their retention"
    case legalHold = "their legal hold"
    case eventHold = "their event hold"
    case tags = "their tags"
    case storageClass = "their storage class"
    case annotations = "their annotations"
}

/// Why a version was not exported, in a few words for the table.
package enum ExportSkip: String, CaseIterable, Sendable {
    case present = "there already"
    case gone = "gone meanwhile"
    case damaged = "damaged"
    case customerKey = "no customer's key given"
    case keyMissing = "key missing in the key service"
    case keyServiceAway = "key service not available"
    /// The target has versions of the key that are not of this export, or later ones.
    case inTheWay = "other versions there"
    /// The target's bucket keeps none.
    case noVersions = "no versions there"
    case refused = "refused by the target"

    init(_ fault: ExportFault) {
        switch fault {
        case .gone: self = .gone
        case .damaged: self = .damaged
        case .customerKeyMissing: self = .customerKey
        case .keyMissing: self = .keyMissing
        case .keyServiceAway: self = .keyServiceAway
        }
    }

    /// Whether nothing is amiss: what was to come is there, or is nowhere any more.
    package var isHarmless: Bool {
        switch self {
        case .present, .gone: true
        case .damaged, .customerKey, .keyMissing, .keyServiceAway, .inTheWay, .noVersions, .refused: false
        }
    }
}

extension ExportFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .gone: "it went while others were exported"
        case .damaged(let what): what
        case .customerKeyMissing: "it is encrypted with a customer's key, which was not given"
        case .keyMissing(let key): "the key service has no key “\(key)”"
        case .keyServiceAway(let cause): cause
        }
    }
}

/// Sums up: found = exported + skipped.
package struct ExportCounts: Sendable {
    package private(set) var exported = 0
    package private(set) var bytes: Int64 = 0
    package private(set) var skipped: [ExportSkip: Int] = [:]
    package private(set) var lost: [ExportLoss: Int] = [:]

    package init() {}

    package var found: Int { exported + skipped.values.reduce(0, +) }
    package var isWhole: Bool { lost.isEmpty && skipped.keys.allSatisfy(\.isHarmless) }

    package mutating func note(_ item: ExportItem) {
        switch item.outcome {
        case .exported(let losses):
            exported += 1
            bytes += item.size
            for loss in losses { lost[loss, default: 0] += 1 }
        case .skipped(let reason, _): skipped[reason, default: 0] += 1
        }
    }
}
