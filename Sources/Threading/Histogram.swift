/// Numbers counted by ranges: recording allocates nothing and takes no lock.
public final class Histogram: Sendable {
    /// The upper ends of the ranges, which belong to them, ascending; what is greater than the last is counted too.
    package let bounds: [Int]
    /// A counter for each range, one for what is above them, and the sum.
    private let counts: AtomicCounts

    package init(_ bounds: [Int]) {
        self.bounds = bounds
        counts = AtomicCounts(bounds.count + 2)
    }

    package func record(_ value: Int) {
        counts.add(at: Self.range(of: value, in: bounds))
        counts.add(value, at: bounds.count + 1)
    }

    /// How often each range was met; the last number is of all that is above the bounds.
    package var ranges: [Int] { (0...bounds.count).map { counts[$0] } }
    /// Of all numbers together.
    package var sum: Int { counts[bounds.count + 1] }

    /// The position of the range that a value falls into: the number of bounds for what is above all of them.
    @inlinable
    public static func range(of value: Int, in bounds: [Int]) -> Int {
        for index in bounds.indices where value <= bounds[index] { return index }
        return bounds.count
    }

    /// From a tenth of a millisecond to half a minute, in nanoseconds.
    package static let durations = [
        100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000,
        250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000, 30_000_000_000,
    ]
}
