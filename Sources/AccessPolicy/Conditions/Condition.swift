import Notation

/// One key of a statement's `Condition`, compared by one operator with the values that the policy gives.
struct Condition: Sendable {
    let key: ConditionKey
    let operation: ConditionOperator
    let operand: ConditionOperand

    /// - Parameters:
    ///   - values: what the request has of the key, `nil` when it has no such key.
    ///   - attributes: what variables in the policy's text stand for.
    func holds(_ values: [String]?, _ attributes: some VariableValues) -> Bool {
        if case .presence(let isAbsent) = operand { return isAbsent.contains(values == nil) }
        guard let values else {
            switch operation.quantifier {
            case .forAllValues: return true
            case .forAnyValue: return operation.ifExists
            case .unspecified: return operation.ifExists || operation.isNegated
            }
        }
        switch operation.quantifier {
        case .forAllValues: return values.allSatisfy { operand.accepts($0, attributes) != operation.isNegated }
        case .forAnyValue: return values.contains { operand.accepts($0, attributes) != operation.isNegated }
        case .unspecified: return values.contains { operand.accepts($0, attributes) } != operation.isNegated
        }
    }
}

/// The values that a policy gives for a key, parsed for their operator.
enum ConditionOperand: Sendable {
    case texts([TextPattern], ignoringCase: Bool)
    case numbers([Double], @Sendable (Double, Double) -> Bool)
    /// Seconds since 1970.
    case dates([Int64], @Sendable (Int64, Int64) -> Bool)
    case bools([Bool])
    /// In base64.
    case binaries([String])
    case addresses([AddressRange])
    case names([ResourceNamePattern])
    /// Of `Null`: whether the key must be absent.
    case presence([Bool])

    /// Whether one value of the request compares, by the operator without its negation, with one of the policy's.
    func accepts(_ value: String, _ attributes: some VariableValues) -> Bool {
        switch self {
        case .texts(let patterns, false): return patterns.contains { $0.matches(value, attributes) }
        case .texts(let patterns, true):
            let value = value.lowercased()
            return patterns.contains { $0.text(attributes).map { $0.lowercased().hasBytes(of: value) } ?? false }
        case .numbers(let numbers, let compare):
            guard let value = Self.number(value) else { return false }
            return numbers.contains { compare(value, $0) }
        case .dates(let dates, let compare):
            guard let value = Self.date(value) else { return false }
            return dates.contains { compare(value, $0) }
        case .bools(let bools):
            guard let value = Self.bool(value) else { return false }
            return bools.contains(value)
        case .binaries(let binaries): return binaries.contains { $0.hasBytes(of: value) }
        case .addresses(let ranges):
            guard let address = AddressRange(value) else { return false }
            return ranges.contains { $0.contains(address) }
        case .names(let patterns): return patterns.contains { $0.matches(value, attributes) }
        case .presence: return false
        }
    }
}
