import Notation

extension ConditionOperand {
    /// - Parameter hasVariables: whether `${…}` in texts stands for something.
    /// - Throws: when a value is none for the operator.
    init(
        _ operation: ConditionOperator, _ values: [String], hasVariables: Bool
    ) throws(PolicyMalformed) {
        func parsed<Value>(
            _ kind: String, _ parse: (String) -> Value?
        ) throws(PolicyMalformed) -> [Value] {
            var parsed: [Value] = []
            for text in values {
                guard let value = parse(text) else { throw PolicyMalformed("Invalid \(kind) '\(text)' in condition") }
                parsed.append(value)
            }
            return parsed
        }
        switch operation.comparison {
        case .stringEquals, .stringEqualsIgnoreCase, .stringLike:
            let hasWildcards = if case .stringLike = operation.comparison { true } else { false }
            var patterns: [TextPattern] = []
            for text in values {
                patterns.append(try TextPattern(text, hasWildcards: hasWildcards, hasVariables: hasVariables))
            }
            let ignoresCase = if case .stringEqualsIgnoreCase = operation.comparison { true } else { false }
            self = .texts(patterns, ignoringCase: ignoresCase)
        case .arnLike:
            var patterns: [ResourceNamePattern] = []
            for text in values { patterns.append(try ResourceNamePattern(text, hasVariables: hasVariables)) }
            self = .names(patterns)
        case .numericEquals: self = .numbers(try parsed("number", Self.number)) { $0 == $1 }
        case .numericLess: self = .numbers(try parsed("number", Self.number)) { $0 < $1 }
        case .numericLessOrEqual: self = .numbers(try parsed("number", Self.number)) { $0 <= $1 }
        case .numericGreater: self = .numbers(try parsed("number", Self.number)) { $0 > $1 }
        case .numericGreaterOrEqual: self = .numbers(try parsed("number", Self.number)) { $0 >= $1 }
        case .dateEquals: self = .dates(try parsed("date", Self.date)) { $0 == $1 }
        case .dateLess: self = .dates(try parsed("date", Self.date)) { $0 < $1 }
        case .dateLessOrEqual: self = .dates(try parsed("date", Self.date)) { $0 <= $1 }
        case .dateGreater: self = .dates(try parsed("date", Self.date)) { $0 > $1 }
        case .dateGreaterOrEqual: self = .dates(try parsed("date", Self.date)) { $0 >= $1 }
        case .bool: self = .bools(try parsed("boolean", Self.bool))
        case .null: self = .presence(try parsed("boolean", Self.bool))
        case .binaryEquals: self = .binaries(try parsed("base64 text", Self.base64))
        case .ipAddress: self = .addresses(try parsed("IP address", AddressRange.init))
        }
    }

    /// A decimal number, with fraction and exponent if any.
    static func number(_ text: String) -> Double? {
        // What else `Double` reads, such as `nan` and `0x10`, is no number of a policy.
        let isDecimal = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                true
            default: false
            }
        }
        guard isDecimal, text.utf8.count <= 64, let number = Double(text), number.isFinite else { return nil }
        return number
    }

    /// Seconds since 1970 of a date in a form of ISO 8601, or of such a number itself.
    static func date(_ text: String) -> Int64? {
        guard let first = text.utf8.first, (0x30...0x39).contains(first) else { return nil }
        if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return Int64(text) }
        return HTTPDate.parse(text)
    }

    static func bool(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true": true
        case "false": false
        default: nil
        }
    }

    private static func base64(_ text: String) -> String? {
        let digits = text.utf8.prefix { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
        let padding = text.utf8.dropFirst(digits.count)
        guard text.utf8.count % 4 == 0, padding.count <= 2, padding.allSatisfy({ $0 == UInt8(ascii: "=") }) else {
            return nil
        }
        return text
    }
}
