import ObjectStorage
import Threading

/// The names of buckets by their numbers, as far as buckets are known.
final class BucketNames: Sendable {
    private let directory: BucketDirectory
    private let names: ShortLock<[BucketID: String]>
    /// Numbers that no bucket has, and none will have: they are never given again.
    private let absent = ShortLock<Set<BucketID>>([])

    /// Buckets that are remembered to be absent.
    private static let mostAbsent = 1000

    init(_ directory: BucketDirectory) {
        self.directory = directory
        names = ShortLock(Self.read(directory))
    }

    /// `nil` for a bucket that is not there.
    subscript(bucket: BucketID) -> String? {
        if let name = names.withLock({ $0[bucket] }), directory.bucket(named: name)?.id == bucket { return name }
        if absent.withLock({ $0.contains(bucket) }) { return nil }
        // It may have been made meanwhile.
        let present = Self.read(directory)
        names.withLock { $0 = present }
        if present[bucket] == nil { absent.withLock { if $0.count < Self.mostAbsent { $0.insert(bucket) } } }
        return present[bucket]
    }

    private static func read(_ directory: BucketDirectory) -> [BucketID: String] {
        Dictionary(directory.known.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    }
}
