/// How objects are spread over classes of size and of number of versions, by MinIO's names.
package struct UsageDistribution: Sendable {
    /// A class, whose bounds belong to it.
    private struct Range {
        let name: String
        let bounds: ClosedRange<Int64>
    }

    /// Of the bytes of an object's versions together; one of them is the sum of the four before it.
    private static let sizeRanges = [
        Range(name: "LESS_THAN_1024_B", bounds: 0...1023),
        Range(name: "BETWEEN_1024_B_AND_64_KB", bounds: 1024...(64 << 10) - 1),
        Range(name: "BETWEEN_64_KB_AND_256_KB", bounds: (64 << 10)...(256 << 10) - 1),
        Range(name: "BETWEEN_256_KB_AND_512_KB", bounds: (256 << 10)...(512 << 10) - 1),
        Range(name: "BETWEEN_512_KB_AND_1_MB", bounds: (512 << 10)...(1 << 20) - 1),
        Range(name: "BETWEEN_1024B_AND_1_MB", bounds: 1024...(1 << 20) - 1),
        Range(name: "BETWEEN_1_MB_AND_10_MB", bounds: (1 << 20)...(10 << 20) - 1),
        Range(name: "BETWEEN_10_MB_AND_64_MB", bounds: (10 << 20)...(64 << 20) - 1),
        Range(name: "BETWEEN_64_MB_AND_128_MB", bounds: (64 << 20)...(128 << 20) - 1),
        Range(name: "BETWEEN_128_MB_AND_512_MB", bounds: (128 << 20)...(512 << 20) - 1),
        Range(name: "GREATER_THAN_512_MB", bounds: (512 << 20)...Int64.max),
    ]
    /// Of an object's versions that have an id.
    private static let versionRanges = [
        Range(name: "UNVERSIONED", bounds: 0...0), Range(name: "SINGLE_VERSION", bounds: 1...1),
        Range(name: "BETWEEN_2_AND_10", bounds: 2...9), Range(name: "BETWEEN_10_AND_100", bounds: 10...99),
        Range(name: "BETWEEN_100_AND_1000", bounds: 100...999),
        Range(name: "BETWEEN_1000_AND_10000", bounds: 1000...9999),
        Range(name: "GREATER_THAN_10000", bounds: 10_000...Int64.max),
    ]

    private var sizeCounts = [Int](repeating: 0, count: sizeRanges.count)
    private var versionCounts = [Int](repeating: 0, count: versionRanges.count)

    package init() {}

    /// Objects by the bytes of all their versions.
    package var sizes: [(range: String, objects: Int)] { zip(Self.sizeRanges, sizeCounts).map { ($0.name, $1) } }
    /// Objects by how many versions with an id they have: none in a bucket that keeps no versions.
    package var versions: [(range: String, objects: Int)] {
        zip(Self.versionRanges, versionCounts).map { ($0.name, $1) }
    }

    /// - Parameters:
    ///   - bytes: of all versions together.
    ///   - versions: that have an id, delete markers not among them.
    mutating func note(bytes: Int64, versions: Int64) {
        for (index, range) in Self.sizeRanges.enumerated() where range.bounds.contains(bytes) { sizeCounts[index] += 1 }
        for (index, range) in Self.versionRanges.enumerated() where range.bounds.contains(versions) {
            versionCounts[index] += 1
        }
    }

    package mutating func add(_ other: UsageDistribution) {
        for index in sizeCounts.indices { sizeCounts[index] += other.sizeCounts[index] }
        for index in versionCounts.indices { versionCounts[index] += other.versionCounts[index] }
    }
}
