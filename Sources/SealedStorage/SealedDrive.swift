import KeyManagement
package import ObjectStorage

/// One drive with its keys: buckets, objects and uploads, each sealed on its way in and opened on its way out.
package struct SealedDrive: Sendable {
    package let buckets: BucketDirectory
    package let objects: Objects
    package let uploads: Uploads
    package let keys: DataKeys
    package let records: SealedRecords
    package let events: EventQueue
    private let store: ObjectStore

    /// - Throws: what reading the buckets does.
    package init(records: SealedRecords, keys: DataKeys, etags: ETagKind = .md5) throws {
        self.records = records
        self.keys = keys
        store = records.store
        buckets = try BucketDirectory(records)
        let objectKeys = ObjectKeys(keys, records)
        let bodies = BodyWriter(store: records.store)
        events = EventQueue(records)
        objects = Objects(
            store: records.store, records: records, keys: objectKeys, bodies: bodies, events: events, etags: etags)
        uploads = Uploads(
            store: records.store, records: records, keys: objectKeys, bodies: bodies, etags: etags)
    }

    /// Runs work of more than some tens of microseconds on one of the drive's threads, and suspends the caller meanwhile.
    package func offload<R: Sendable>(_ work: @escaping @Sendable () throws -> R) async throws -> R {
        try await store.offload(work)
    }

    /// Milliseconds since 1970: the clock's, or the latest that any version of this drive was written at if that is later.
    package var latestTime: Int64 { store.nextOrder() / 1000 }

    /// Throws what a write would meet now; changes nothing.
    package func checkWritable() throws(StorageError) { try store.checkWritable() }

    /// Deletes an empty bucket, and forgets the data key that its new objects shared.
    package func deleteBucket(_ bucket: Bucket) async throws {
        try await buckets.delete(bucket)
        keys.forget(bucket.id)
    }
}
