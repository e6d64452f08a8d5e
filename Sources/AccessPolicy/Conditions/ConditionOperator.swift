/// How a condition compares: an operator's name in parts.
///
/// `ForAnyValue:StringNotLikeIfExists` is a like-comparison, negated, of any value, satisfied by an absent key.
struct ConditionOperator: Sendable {
    enum Comparison: Sendable {
        case stringEquals, stringEqualsIgnoreCase, stringLike
        case numericEquals, numericLess, numericLessOrEqual, numericGreater, numericGreaterOrEqual
        case dateEquals, dateLess, dateLessOrEqual, dateGreater, dateGreaterOrEqual
        case bool, binaryEquals, ipAddress, arnLike
        /// Whether the key is absent.
        case null
    }

    enum Quantifier: Sendable {
        /// The operator's name has none: with several values, one has to match.
        case unspecified
        case forAnyValue, forAllValues
    }

    let comparison: Comparison
    /// Whether the condition holds for what does not compare.
    let isNegated: Bool
    let quantifier: Quantifier
    /// Whether the condition holds when the key is absent.
    let ifExists: Bool

    /// `nil` for a name that is none, in whatever other case.
    init?(_ name: String) {
        var rest = name[...]
        switch rest {
        case let text where text.hasPrefix("ForAnyValue:"):
            quantifier = .forAnyValue
            rest = rest.dropFirst("ForAnyValue:".count)
        case let text where text.hasPrefix("ForAllValues:"):
            quantifier = .forAllValues
            rest = rest.dropFirst("ForAllValues:".count)
        default: quantifier = .unspecified
        }
        ifExists = rest.hasSuffix("IfExists")
        if ifExists { rest = rest.dropLast("IfExists".count) }
        guard let (comparison, isNegated) = Self.comparisons[String(rest)] else { return nil }
        if case .null = comparison, ifExists || quantifier != .unspecified { return nil }
        self.comparison = comparison
        self.isNegated = isNegated
    }

    private static let comparisons: [String: (Comparison, isNegated: Bool)] = [
        "StringEquals": (.stringEquals, false), "StringNotEquals": (.stringEquals, true),
        "StringEqualsIgnoreCase": (.stringEqualsIgnoreCase, false),
        "StringNotEqualsIgnoreCase": (.stringEqualsIgnoreCase, true),
        "StringLike": (.stringLike, false), "StringNotLike": (.stringLike, true),
        "NumericEquals": (.numericEquals, false), "NumericNotEquals": (.numericEquals, true),
        "NumericLessThan": (.numericLess, false), "NumericLessThanEquals": (.numericLessOrEqual, false),
        "NumericGreaterThan": (.numericGreater, false), "NumericGreaterThanEquals": (.numericGreaterOrEqual, false),
        "DateEquals": (.dateEquals, false), "DateNotEquals": (.dateEquals, true),
        "DateLessThan": (.dateLess, false), "DateLessThanEquals": (.dateLessOrEqual, false),
        "DateGreaterThan": (.dateGreater, false), "DateGreaterThanEquals": (.dateGreaterOrEqual, false),
        "Bool": (.bool, false), "BinaryEquals": (.binaryEquals, false),
        "IpAddress": (.ipAddress, false), "NotIpAddress": (.ipAddress, true),
        "ArnEquals": (.arnLike, false), "ArnLike": (.arnLike, false),
        "ArnNotEquals": (.arnLike, true), "ArnNotLike": (.arnLike, true),
        "Null": (.null, false),
    ]
}
