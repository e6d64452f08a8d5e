extension ByteCount {
    /// A number of bytes as people write it: `4096`, `50MiB`, `1.5 GB`; `nil` for anything else, and for nothing.
    static func parse(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
        let factors: [String: Double] = [
            "": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12, "tb": 1e12,
            "kib": 1024, "mib": 1_048_576, "gib": 1_073_741_824, "tib": 1_099_511_627_776,
        ]
        guard let number = Double(digits), let factor = factors[unit] else { return nil }
        let bytes = number * factor
        guard bytes >= 1, bytes < 1e18 else { return nil }
        return Int64(bytes)
    }
}
