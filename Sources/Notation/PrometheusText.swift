/// Families of metrics in Prometheus's text format, version 0.0.4.
///
/// A family is begun with its name, kind and meaning; its samples follow at once.
package struct PrometheusText {
    package enum Kind: String, Sendable { case counter, gauge, histogram }

    package typealias Labels = [(name: String, value: String)]

    /// One that was begun.
    package struct Family: Sendable {
        package let name: String
        package let kind: Kind
        package let help: String
        /// Of its first sample, without the bounds of histograms.
        package var labels: [String] = []
    }

    package private(set) var bytes: [UInt8] = []
    package private(set) var families: [Family] = []
    private var family = ""

    package static let contentType = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"

    package init() {}

    package mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        family = name
        families.append(Family(name: name, kind: kind, help: help))
        write("# HELP \(name) ")
        escape(help, quotes: false)
        write("\n# TYPE \(name) \(kind.rawValue)\n")
    }

    package mutating func sample(_ labels: Labels = [], _ value: Int) { sample("", labels, String(value)) }

    package mutating func sample(_ labels: Labels = [], _ value: Double) { sample("", labels, Self.text(value)) }

    /// The buckets, the sum and the count of a histogram.
    ///
    /// - Parameters:
    ///   - bounds: as they are counted, divided by `unit` when they are written.
    ///   - ranges: how often each range was met, one more than the bounds.
    package mutating func histogram(
        _ labels: Labels = [], bounds: [Int], ranges: [Int], sum: Int, unit: Double
    ) {
        var count = 0
        for (index, met) in ranges.enumerated() {
            count += met
            let bound = index < bounds.count ? Self.text(Double(bounds[index]) / unit) : "+Inf"
            sample("_bucket", labels + [("le", bound)], String(count))
        }
        sample("_sum", labels, Self.text(Double(sum) / unit))
        sample("_count", labels, String(count))
    }

    private mutating func sample(_ suffix: String, _ labels: Labels, _ value: String) {
        if families[families.count - 1].labels.isEmpty {
            families[families.count - 1].labels = labels.map(\.name).filter { $0 != "le" }
        }
        write(family)
        write(suffix)
        if !labels.isEmpty {
            for (index, label) in labels.enumerated() {
                write(index == 0 ? "{" : ",")
                write(label.name)
                write("=\"")
                escape(label.value, quotes: true)
                write("\"")
            }
            write("}")
        }
        write(" ")
        write(value)
        write("\n")
    }

    /// The families as a table.
    package var markdown: String {
        var text = "| Name | Type | Help | Labels |\n| ---- | ---- | ---- | ---- |\n"
        for family in families {
            text +=
                "| `\(family.name)` | \(family.kind) | \(family.help) | \(family.labels.joined(separator: ", ")) |\n"
        }
        return text
    }

    /// As Go writes numbers, which is what the format asks for.
    static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int(value)) }
        return String(value)
    }

    private mutating func write(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func escape(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): write("\\\\")
            case UInt8(ascii: "\n"): write("\\n")
            case UInt8(ascii: "\"") where quotes: write("\\\"")
            default: bytes.append(byte)
            }
        }
    }
}
