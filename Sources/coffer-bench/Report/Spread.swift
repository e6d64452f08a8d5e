import Glibc

/// One figure over the rounds.
struct Spread: Codable, Sendable {
    var median: Double
    var minimum: Double
    var maximum: Double

    /// Nil when there are no values.
    init?(_ values: [Double]) {
        let sorted = values.sorted()
        guard let first = sorted.first, let last = sorted.last else { return nil }
        minimum = first
        maximum = last
        let middle = sorted.count / 2
        median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// `median (minimum–maximum)`, each with three digits or all before the point.
    var text: String {
        minimum == maximum ? number(median) : "\(number(median)) (\(number(minimum))–\(number(maximum)))"
    }
}

/// Three significant digits, or all before the point, in groups of thousands.
func number(_ value: Double) -> String {
    let decimals = abs(value) >= 100 ? 0 : abs(value) >= 10 ? 1 : 2
    let scale = pow(10, Double(decimals))
    let scaled = Int((abs(value) * scale).rounded())
    var whole = String(scaled / Int(scale))
    var index = whole.count - 3
    while index > 0 {
        whole.insert(" ", at: whole.index(whole.startIndex, offsetBy: index))
        index -= 3
    }
    guard decimals > 0 else { return (value < 0 ? "-" : "") + whole }
    let fraction = String(scaled % Int(scale))
    return (value < 0 ? "-" : "") + whole + "." + String(repeating: "0", count: decimals - fraction.count) + fraction
}
