/// A sum over records that changes with each of them: see the article <doc:RollbackEvidence>.
///
/// The first two numbers tell whether the records are those that were summed; the others where the one is that is not.
package struct RowSum: Hashable, Sendable {
    private var first: UInt64 = 0
    private var second: UInt64 = 0
    /// Modulo ``prime``: of a third number of each record, and of that times the record's position.
    private var weight: UInt64 = 0
    private var moment: UInt64 = 0

    static let byteCount = 32

    package init() {}

    package init(_ code: RowCode, at position: UInt64) {
        first = code[0]
        second = code[1]
        weight = Residue.reduce(code[2])
        moment = Residue.product(weight, Residue.reduce(position))
    }

    package static func += (sum: inout RowSum, other: RowSum) {
        sum.first &+= other.first
        sum.second &+= other.second
        sum.weight = Residue.sum(sum.weight, other.weight)
        sum.moment = Residue.sum(sum.moment, other.moment)
    }

    package static func -= (sum: inout RowSum, other: RowSum) {
        sum.first &-= other.first
        sum.second &-= other.second
        sum.weight = Residue.sum(sum.weight, Residue.prime - other.weight)
        sum.moment = Residue.sum(sum.moment, Residue.prime - other.moment)
    }

    package static func - (one: RowSum, other: RowSum) -> RowSum {
        var difference = one
        difference -= other
        return difference
    }

    /// Of a difference: the position of the record that it is about, if it is about one alone.
    package var position: UInt64? {
        weight == 0 ? nil : Residue.product(moment, Residue.inverse(weight))
    }

    /// As four numbers.
    package var encoded: RowCode { RowCode(first, second, weight, moment) }

    package init(decoding code: RowCode) {
        first = code[0]
        second = code[1]
        weight = Residue.reduce(code[2])
        moment = Residue.reduce(code[3])
    }
}

/// Numbers modulo 2⁶¹ - 1.
enum Residue {
    static let prime: UInt64 = 1 << 61 - 1

    static func reduce(_ value: UInt64) -> UInt64 {
        let folded = value & prime + value >> 61
        return folded >= prime ? folded - prime : folded
    }

    static func sum(_ one: UInt64, _ other: UInt64) -> UInt64 { reduce(one + other) }

    static func product(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let (high, low) = one.multipliedFullWidth(by: other)
        return reduce(reduce(low) + (high << 3 & prime))
    }

    /// By Fermat's little theorem.
    static func inverse(_ value: UInt64) -> UInt64 {
        var (result, base, exponent) = (UInt64(1), value, prime - 2)
        while exponent > 0 {
            if exponent & 1 == 1 { result = product(result, base) }
            base = product(base, base)
            exponent >>= 1
        }
        return result
    }
}
