package import ObjectStorage
package import SealedStorage
package import Threading

/// Looks at all versions of a drive, to know how they are spread: when somebody asks, and seldom.
///
/// It takes a part of the time only, and is not begun again for fifty times as long as it took, a quarter of an hour at
/// least; until then, and while one is under way, what the last one found is told.
package final class UsageSurvey: Sendable {
    /// What one found, of the buckets that have objects.
    package struct Result: Sendable {
        package var buckets: [BucketID: UsageDistribution] = [:]
        package var total = UsageDistribution()
    }

    private let found: Remembered<Result>

    /// - Parameter age: how old what is told may be.
    package init(drive: SealedDrive, pace: Adjustable<Pace>, age: Duration = .seconds(900)) {
        found = Remembered(for: age, rest: 50, patience: .seconds(1)) { await Self.survey(drive, pace) }
    }

    /// `nil` while the first one is under way; waits for it a second at most.
    package func latest() async -> Result? { await found.value() }

    private static func survey(_ drive: SealedDrive, _ pace: Adjustable<Pace>) async -> Result? {
        var result = Result()
        var after: String?
        while true {
            let page = drive.buckets.sorted.page(after: after, limit: 256)
            for listed in page.buckets {
                guard let bucket = drive.buckets.bucket(named: listed.name) else { continue }
                do {
                    guard let distribution = try await survey(bucket, of: drive, pace) else { continue }
                    result.buckets[bucket.id] = distribution
                    result.total.add(distribution)
                } catch {
                    // A bucket that was deleted, or cannot be read, is not counted; the others are.
                    if Task.isCancelled { return nil }
                }
            }
            guard page.isTruncated, let last = page.buckets.last else { return result }
            after = last.name
        }
    }

    /// `nil` of an empty bucket.
    private static func survey(
        _ bucket: Bucket, of drive: SealedDrive, _ pace: Adjustable<Pace>
    ) async throws -> UsageDistribution? {
        var walk = Walk()
        var scan = VersionScan(bucket: bucket.id, prefix: [], limit: 512)
        repeat {
            (walk, scan.after) = try await pace.current.scan(drive, scan, walk) { walk, version in
                walk.visit(version)
            }
        } while scan.after != nil
        walk.finish()
        return walk.isEmpty ? nil : walk.distribution
    }

    /// What is known on a walk over the versions of a bucket, which come by key.
    private struct Walk: Sendable {
        private(set) var distribution = UsageDistribution()
        private(set) var isEmpty = true
        private var key: [UInt8] = []
        private var bytes: Int64 = 0
        private var versions: Int64 = 0
        private var objects = 0

        mutating func visit(_ version: ScannedVersion) -> ScanStep {
            if isEmpty || !version.key.elementsEqual(key) {
                finish()
                key.removeAll(keepingCapacity: true)
                key.append(contentsOf: version.key)
            }
            isEmpty = false
            guard !version.flags.contains(.deleteMarker) else { return .proceed }
            objects += 1
            bytes = bytes.addingReportingOverflow(max(0, version.size)).overflow ? .max : bytes + max(0, version.size)
            if !version.flags.contains(.nullVersion) { versions += 1 }
            return .proceed
        }

        /// Counts the key whose versions have come.
        mutating func finish() {
            if objects > 0 { distribution.note(bytes: bytes, versions: versions) }
            (bytes, versions, objects) = (0, 0, 0)
        }
    }
}
