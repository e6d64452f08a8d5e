/// How far a verification has come: where the next one may go on.
package struct VerifyCursor: Codable, Hashable, Sendable {
    /// In the order in which they come.
    package enum Phase: String, Codable, CaseIterable, Comparable, Sendable {
        case structure, records, history, objects, uploads, files, counts

        package static func < (one: Phase, other: Phase) -> Bool {
            (allCases.firstIndex(of: one) ?? 0) < (allCases.firstIndex(of: other) ?? 0)
        }

        var next: Phase? { Self.allCases.first { $0 > self } }
    }

    package var phase: Phase
    /// The row number up to which everything was looked at, in the phases that go by them; others begin anew.
    package var row: Int64

    package init(_ phase: Phase, row: Int64 = 0) {
        self.phase = phase
        self.row = row
    }

    package static let beginning = VerifyCursor(.structure)
}

extension VerifyCursor: LosslessStringConvertible {
    /// `PHASE:ROW`.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let phase = Phase(rawValue: String(parts[0])), let row = Int64(parts[1]), row >= 0
        else {
            return nil
        }
        self.init(phase, row: row)
    }

    package var description: String { "\(phase.rawValue):\(row)" }
}
