package import ObjectStorage
package import S3Protocol

extension Objects {
    /// Changes what keeps a version from being removed; what was changed meanwhile stays, and `change` may run again on it.
    ///
    /// - Parameter change: gets what is there, and the time from which periods are counted, in milliseconds since 1970.
    /// - Throws: what `change` does, as ``require(_:key:version:)``, and as ``untilSwapped(_:)``.
    package func updateLock(
        _ bucket: Bucket, key: ObjectName, version: VersionSelector, notice: ChangeNotice? = nil,
        _ change: (ObjectLock, _ periodsFrom: Int64) throws -> ObjectLock
    ) async throws {
        try await replaceRecord(of: key, version, in: bucket, notice) { object in
            var attributes = object.record.attributes
            attributes.lock = try change(attributes.lock, startOfPeriods())
            guard attributes.lock != object.record.attributes.lock else { return nil }
            return try records.seal(object.record.with(attributes), object.columns)
        }
    }

    /// Refuses the removal of a version that is locked.
    ///
    /// - Parameter time: milliseconds since 1970.
    func requireUnlocked(_ version: StoredVersion, _ deletion: ObjectDeletion, at time: Int64) throws {
        // Nothing locks a delete marker; that it is one stands in the columns that its record is bound to.
        guard !version.columns.flags.contains(.deleteMarker) else {
            _ = try records.etag(of: version)
            return
        }
        let lock = try records.open(version).attributes.lock
        guard lock.permitsRemoval(at: time, bypassesGovernance: deletion.bypassesGovernance) else {
            throw SealedStorageError.locked
        }
    }

    /// The attributes of a new version with the retention that its bucket gives to those whose writer says nothing of it.
    func lockedByDefault(_ attributes: ObjectAttributes, in bucket: Bucket) throws -> ObjectAttributes {
        guard bucket.versioning == .locked, attributes.lock.retention == nil else { return attributes }
        var locked = attributes
        locked.lock.retention = try bucket.record.objectLock?.defaultRetention?.retention(from: startOfPeriods())
        return locked
    }

    /// Milliseconds since 1970: never earlier than any version of this drive, whatever the clock says.
    private func startOfPeriods() -> Int64 { store.nextOrder() / 1000 }
}
