/// What one row of the table of sums is about; its number there is part of the format.
package enum HistoryPart: Hashable, Sendable {
    case buckets
    case settings
    case accounts
    /// The versions of 4096 row numbers.
    case versions(Int64)

    private static let shift: Int64 = 12
    private static let firstOfVersions: Int64 = 8
    /// The number of the row that has the head: beside the last versions, in the page that most commits change anyway.
    static let head = Int64.max
    /// Those that are read whole at a start.
    static let tables: [HistoryPart] = [.buckets, .settings, .accounts]

    init(ofRow row: Int64) { self = .versions(row >> Self.shift) }

    init?(number: Int64) {
        switch number {
        case 0: self = .buckets
        case 1: self = .settings
        case 2: self = .accounts
        case Self.firstOfVersions..<(Int64.max >> Self.shift): self = .versions(number - Self.firstOfVersions)
        default: return nil
        }
    }

    var number: Int64 {
        switch self {
        case .buckets: 0
        case .settings: 1
        case .accounts: 2
        case .versions(let block): block + Self.firstOfVersions
        }
    }

    /// The row numbers of its versions.
    package var rows: ClosedRange<Int64>? {
        guard case .versions(let block) = self else { return nil }
        return block << Self.shift...(block << Self.shift | (1 << Self.shift - 1))
    }
}

extension HistoryPart: CustomStringConvertible {
    package var description: String {
        switch self {
        case .buckets: "buckets"
        case .settings: "settings"
        case .accounts: "accounts"
        case .versions: rows.map { "versions in rows \($0.lowerBound) to \($0.upperBound)" } ?? "versions"
        }
    }
}
