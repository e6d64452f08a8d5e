import Glibc

/// Rounds of two builds under one load, as a row of a Markdown table.
struct RatioRow {
    var load: LoadSpecification
    var old: [RoundResult]
    var new: [RoundResult]

    static let header = """
        | Load | old | new | rate new/old (rounds) | CPU new/old | p50 new/old | p99 new/old |
        |---|---|---|---|---|---|---|
        """

    var text: String {
        let cells = [
            load.description, rate(old), rate(new), ratio(\.operationsPerSecond, isWide: true),
            ratio(\.cpuMicrosecondsPerOperation), ratio(\.p50Microseconds), ratio(\.p99Microseconds),
        ]
        return "| \(cells.joined(separator: " | ")) |"
    }

    private func rate(_ rounds: [RoundResult]) -> String {
        Spread(rounds.map(\.operationsPerSecond)).map { "\(number($0.median)) /s" } ?? ""
    }

    /// Medians over the rounds' own ratios: both of a round met the same minute of the machine.
    private func ratio(_ figure: (RoundResult) -> Double?, isWide: Bool = false) -> String {
        let ratios = zip(old, new).compactMap { old, new -> Double? in
            guard let old = figure(old), let new = figure(new), old > 0 else { return nil }
            return new / old
        }
        guard let spread = Spread(ratios) else { return "" }
        let median = hundredths(spread.median)
        return isWide ? "\(median) (\(hundredths(spread.minimum))–\(hundredths(spread.maximum)))" : median
    }
}

/// A ratio with two digits behind the point.
func hundredths(_ ratio: Double) -> String { fixed(ratio, digits: 2) }

/// A ratio with three digits behind the point.
func thousandths(_ ratio: Double) -> String { fixed(ratio, digits: 3) }

private func fixed(_ value: Double, digits: Int) -> String {
    let factor = Int(pow(10, Double(digits)))
    let scaled = Int((value * Double(factor)).rounded())
    let fraction = String(scaled % factor)
    return "\(scaled / factor).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
}
