import KESProtocol

/// A line of a process log, as `key=value` pairs: time and level, message, then attributes in the order given.
struct LogLine {
    private(set) var bytes: [UInt8] = []
    let level: KESLogLevel

    init(time: RFC3339Time, level: KESLogLevel, message: String) {
        self.level = level
        bytes.reserveCapacity(256)
        append("time", Self.milliseconds(time))
        append("level", level.description)
        append("msg", message)
    }

    /// Bytes of the longest value that a line has whole, before quoting.
    static let maximumValueByteCount = 2048

    /// A value with blanks, quotation marks, equality signs or control characters is quoted, so that a line stays one
    /// line and a value one value.
    ///
    /// Of a value longer than ``maximumValueByteCount`` the line has the beginning, and under `KEY.cut` how many bytes it
    /// lacks.
    mutating func append(_ key: String, _ value: String) {
        guard value.utf8.count > Self.maximumValueByteCount else { return appendWhole(key, value) }
        var end = value.utf8.index(value.startIndex, offsetBy: Self.maximumValueByteCount)
        while end.samePosition(in: value.unicodeScalars) == nil { end = value.utf8.index(before: end) }
        let beginning = value[..<end]
        appendWhole(key, String(beginning))
        appendWhole("\(key).cut", "\(value.utf8.count - beginning.utf8.count)")
    }

    private mutating func appendWhole(_ key: String, _ value: String) {
        if !bytes.isEmpty { bytes.append(UInt8(ascii: " ")) }
        bytes.append(contentsOf: key.utf8)
        bytes.append(UInt8(ascii: "="))
        if value.isEmpty || value.unicodeScalars.contains(where: Self.needsQuotes) {
            appendQuoted(value)
        } else {
            bytes.append(contentsOf: value.utf8)
        }
    }

    private mutating func appendQuoted(_ value: String) {
        bytes.append(UInt8(ascii: "\""))
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            case "\n": bytes.append(contentsOf: #"\n"#.utf8)
            case "\r": bytes.append(contentsOf: #"\r"#.utf8)
            case "\t": bytes.append(contentsOf: #"\t"#.utf8)
            case _ where !Self.isPrintable(scalar):
                let digits = String(scalar.value, radix: 16)
                bytes.append(contentsOf: (scalar.value < 0x100 ? #"\x"# : #"\u{"#).utf8)
                if digits.utf8.count < 2 { bytes.append(UInt8(ascii: "0")) }
                bytes.append(contentsOf: digits.utf8)
                if scalar.value >= 0x100 { bytes.append(UInt8(ascii: "}")) }
            default: bytes.append(contentsOf: String(scalar).utf8)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func needsQuotes(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\"" || scalar == "=" || !isPrintable(scalar)
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return 0x20..<0x7f ~= scalar.value }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .unassigned, .lineSeparator, .paragraphSeparator, .privateUse,
            .spaceSeparator:
            return false
        default: return true
        }
    }

    /// With exactly three digits of a second.
    private static func milliseconds(_ time: RFC3339Time) -> String {
        let fraction = String(time.nanoseconds / 1_000_000)
        let second = RFC3339Time(seconds: time.seconds, nanoseconds: 0).text.dropLast()
        return second + "." + String(repeating: "0", count: 3 - fraction.utf8.count) + fraction + "Z"
    }
}
