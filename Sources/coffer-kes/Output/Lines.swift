import KESProtocol

/// What commands print for people.
enum Lines {
    /// `Name        my-key`: the label takes eleven columns and a blank.
    static func labelled(_ pairs: [(label: String, value: String)]) -> String {
        pairs.map { "\(padded($0.label, 11)) \($0.value)" }.joined(separator: "\n")
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// `2026-11-21 00:30:50`, in UTC.
    static func date(_ time: RFC3339Time) -> String {
        let text = time.text
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))"
    }

    /// Names under a header, or as a JSON array; nothing at all when there are none.
    static func list(_ names: [String], header: String, _ format: FormatOptions) -> String {
        if format.json { return JSONLine.array(names) + "\n" }
        guard !names.isEmpty else { return "" }
        return Colour(format.color).bold(header) + "\n" + names.map { $0 + "\n" }.joined()
    }

    /// `557.1KB`: decimal units, one digit behind the point.
    static func size(_ bytes: Int) -> String {
        guard bytes >= 1000 else { return "\(bytes)B" }
        var tenths = bytes / 100
        var units = ["KB", "MB", "GB", "TB", "PB", "EB"][...]
        while tenths >= 10_000, units.count > 1 {
            tenths /= 1000
            units = units.dropFirst()
        }
        return "\(tenths / 10).\(tenths % 10)\(units.first ?? "")"
    }

    /// `54 seconds`, `3 hours 5 minutes`: the two largest units.
    static func span(seconds: Int) -> String {
        var rest = seconds
        var parts: [String] = []
        for (name, length) in [("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)] {
            let count = rest / length
            rest %= length
            if count > 0 { parts.append("\(count) \(name)\(count == 1 ? "" : "s")") }
        }
        return parts.isEmpty ? "0 seconds" : parts.prefix(2).joined(separator: " ")
    }
}
