package import ObjectStorage
package import S3Protocol

extension BucketDirectory {
    /// Sets how much a bucket may have, or takes that away with an empty quota.
    ///
    /// Every commit from this one on keeps to it; what the bucket has beyond it stays.
    package func setQuota(_ quota: BucketQuota, of bucket: Bucket) async throws {
        try await update(bucket) { $0.quota = quota.isEmpty ? nil : quota }
    }

    /// What a bucket's versions amount to, as of the last commit.
    package func usage(of bucket: Bucket) throws -> BucketUsage {
        try store.usageAtHand(of: bucket.id)
    }

    /// What every bucket's versions amount to, by the bucket's name and of one moment.
    ///
    /// - Returns: also whether every version is counted: false on a drive of a former release, until that is done in the
    ///   background.
    package func usage() async throws -> (buckets: [String: BucketUsage], isComplete: Bool) {
        let usage = try await store.usage()
        let buckets = known.map { bucket in (bucket.name, usage[bucket.id] ?? BucketUsage()) }
        return (Dictionary(buckets, uniquingKeysWith: { first, _ in first }), try store.isUsageCounted)
    }

    /// What every bucket's versions amount to, by the bucket, of one moment, and the sum of them all.
    package func usageOfAll() async throws -> (buckets: [BucketID: BucketUsage], total: BucketUsage) {
        let usage = try await store.usage()
        return try await store.offload { [known] in
            var total = BucketUsage()
            for bucket in known { total.add(usage[bucket.id] ?? BucketUsage()) }
            return (usage, total)
        }
    }
}

extension Objects {
    /// Refuses what would take a bucket beyond its quota, before its bytes are asked for.
    ///
    /// The commit decides; this only spares a client the upload. Costs nothing for a bucket without a quota.
    /// - Parameters:
    ///   - size: bytes of plaintext.
    ///   - key: what it is to replace in a bucket that keeps no versions, or `nil` where it replaces nothing: a part.
    /// - Throws: `StorageError.quotaExceeded`.
    package func requireRoom(for size: Int64, in bucket: Bucket, replacing key: ObjectName?) throws {
        // Of a record that cannot be read the quota is known all the same, by the transaction.
        guard let record = try? bucket.record, let limit = record.quota?.limit, size > 0 else { return }
        guard size <= limit else { throw StorageError.quotaExceeded }
        let used = try store.usageAtHand(of: bucket.id).bytes
        guard used > limit - size else { return }
        // Only now: most writes fit without a look at what they replace.
        guard let key, bucket.versioningRule.writesNullVersion(of: key.rawValue),
            let replaced = try store.findAtHand(bucket.id, key: key.rawValue, version: .null, .row)
        else { throw StorageError.quotaExceeded }
        let growth = size - replaced.version.columns.size
        guard growth <= 0 || used <= limit - growth else { throw StorageError.quotaExceeded }
    }
}
