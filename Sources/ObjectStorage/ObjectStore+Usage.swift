extension ObjectStore {
    /// What a bucket's versions amount to as of the last commit; zeros for one that has never had any.
    ///
    /// A few microseconds, in place. See ``isUsageCounted`` for a drive of a former release.
    package func usageAtHand(of bucket: BucketID) throws(StorageError) -> BucketUsage {
        try catalogue.readers.read { session throws(StorageError) in try session.usage(of: bucket) }
    }

    /// What every bucket that has or had versions amounts to, of one moment.
    package func usage() async throws(StorageError) -> [BucketID: BucketUsage] {
        try await scan { session throws(StorageError) in try session.usage() }
    }

    /// Whether every version is counted.
    ///
    /// False on a drive of a former release until its versions have been counted, in the background after the first start:
    /// until then, what is not counted yet is missing.
    package var isUsageCounted: Bool {
        get throws(StorageError) {
            try catalogue.readers.read { session throws(StorageError) in
                try session.driveValue(Session.countedRows) == .max
            }
        }
    }
}
