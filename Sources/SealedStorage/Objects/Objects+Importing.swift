package import ObjectStorage
package import S3Protocol

/// What a version keeps of the drive that it is imported from.
///
/// Its time is that of its draft; where it comes from stands in its attributes, and with them in the sealed record.
package struct ImportedVersion: Sendable {
    /// As its clients have seen it.
    package let etag: ETag
    package let checksum: StoredChecksum?
    /// Whether it is its key's null version, whatever the bucket writes now.
    package let isNull: Bool

    package init(etag: ETag, checksum: StoredChecksum?, isNull: Bool) {
        self.etag = etag
        self.checksum = checksum
        self.isNull = isNull
    }
}

/// A version of a key as an import finds it.
package struct PresentVersion: Sendable {
    package let version: VersionID
    /// Where it was imported from; nil for what clients have written here.
    package let origin: String?
    /// How it is found among the others.
    package let selector: VersionSelector
}

/// Importing: versions come one after another, the oldest first, and each is the newest of its key when it comes.
extension Objects {
    /// All versions of a key, the newest first.
    package func presentVersions(_ bucket: Bucket, key: ObjectName) async throws -> [PresentVersion] {
        var present: [PresentVersion] = []
        var order: Int64? = .max
        while let before = order {
            let request = VersionListRequest(
                bucket: bucket.id, prefix: key.rawValue, after: VersionMarker(key: key.rawValue, order: before),
                limit: 100)
            let page = try await store.listVersions(request)
            order = nil
            for case .version(let version, _) in page.entries {
                guard version.columns.key.utf8.elementsEqual(key.rawValue.utf8) else { return present }
                present.append(
                    PresentVersion(
                        version: version.columns.version, origin: try records.origin(of: version),
                        selector: version.columns.flags.contains(.nullVersion) ? .null : .id(version.columns.version)))
                order = version.columns.order
            }
            if !page.isTruncated { return present }
        }
        return present
    }

    /// Adds a delete marker that was made elsewhere; it is durable when this returns.
    ///
    /// - Parameter modified: when it was made, in milliseconds since 1970.
    /// - Throws: `conditionalConflict` when it would take the place of a version in a locked bucket, or the bucket keeps no
    ///   versions.
    package func importMarker(
        _ bucket: Bucket, key: ObjectName, modified: Int64, isNull: Bool, origin: String
    ) async throws -> VersionColumns {
        try await commit(
            key.rawValue, in: bucket, WritePreconditions([]), expecting: .none, isNull: isNull
        ) { place in
            let columns = VersionColumns(
                bucket: bucket.id, key: key.rawValue, version: place.version, order: place.order, size: 0,
                modified: modified, flags: place.flags.union(.deleteMarker), dataKey: nil, body: .none, blob: nil)
            var marker = NewVersion(
                columns: columns, sealed: try records.sealMarker(columns, from: origin), body: .none, dataKey: nil)
            marker.keepsKind = true
            return (try await put(marker, [], expecting: place.expectation), columns)
        }
    }
}

extension Objects {
    /// Brings the tags and the lock that a version has by now on the drive that it was imported from, and its origin.
    ///
    /// What keeps it here longer than that stays.
    /// - Throws: as ``require(_:key:version:)``.
    package func updateImported(
        _ bucket: Bucket, key: ObjectName, _ version: VersionSelector, to attributes: ObjectAttributes
    ) async throws {
        try await replaceRecord(of: key, version, in: bucket) { object in
            var changed = object.record.attributes
            changed.tags = attributes.tags
            changed.lock = changed.lock.following(attributes.lock)
            changed.origin = attributes.origin
            return try records.seal(object.record.with(changed), object.columns)
        }
    }
}

extension Uploads {
    /// Aborts the uploads that an import has begun in a bucket and not completed.
    package func abortImported(in bucket: Bucket) async throws {
        var request = UploadListRequest(bucket: bucket.id, limit: 1000)
        while true {
            let page = try await store.listUploads(request)
            for case .upload(let row) in page.entries {
                guard let record = try? records.open(row), record.attributes.origin != nil else { continue }
                _ = try await store.abortUpload(row.id)
            }
            guard page.isTruncated, case .upload(let last)? = page.entries.last else { return }
            request.after = UploadMarker(key: last.key, upload: last.id)
        }
    }
}
