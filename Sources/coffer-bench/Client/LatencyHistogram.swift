/// Counts of latencies in buckets of constant relative width (1/32), from 1 ns to about 20 minutes.
struct LatencyHistogram: Sendable {
    private static let subBits = 5
    private static let octaves = 40

    private var counts = [UInt32](repeating: 0, count: octaves << subBits)
    private(set) var total = 0

    mutating func record(nanoseconds: UInt64) {
        counts[Self.bucket(of: nanoseconds)] += 1
        total += 1
    }

    mutating func merge(_ other: LatencyHistogram) {
        for (index, count) in other.counts.enumerated() where count > 0 { counts[index] += count }
        total += other.total
    }

    /// The latency in microseconds that `share` (0…1) of the requests stayed below; 0 when there were none.
    func microseconds(at share: Double) -> Double {
        var remaining = Int((Double(total) * share).rounded(.up))
        for (index, count) in counts.enumerated() {
            remaining -= Int(count)
            if remaining <= 0, count > 0 { return Double(Self.middle(of: index)) / 1000 }
        }
        return 0
    }

    private static func bucket(of value: UInt64) -> Int {
        let octave = 63 - max(value, 1 << UInt64(subBits)).leadingZeroBitCount - subBits
        return min((octave << subBits) + Int(value >> UInt64(octave)), (octaves << subBits) - 1)
    }

    private static func middle(of bucket: Int) -> UInt64 {
        guard bucket >= 2 << subBits else { return UInt64(bucket) }
        let octave = (bucket >> subBits) - 1
        let low = UInt64(bucket - (octave << subBits)) << UInt64(octave)
        return low + (1 << UInt64(octave)) / 2
    }
}
