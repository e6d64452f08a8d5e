import ObjectStorage
package import S3Protocol

/// One page of a listing of versions with its records opened: versions and common prefixes, each in their order.
package struct ObjectVersionPage: Sendable {
    /// One whose record is damaged is listed with an empty tag, so that it can be found and deleted.
    package fileprivate(set) var versions: [ListedVersion] = []
    /// What each of ``versions`` has besides, where that was asked for; nil for a delete marker, and where a record is damaged.
    package fileprivate(set) var details: [ListedDetails?] = []
    package fileprivate(set) var commonPrefixes: [String] = []
    /// Where the listing goes on; nil at its end.
    package fileprivate(set) var next: ListVersionsResult.Next?
    /// The records of the page that did not open.
    package fileprivate(set) var damaged: [Corruption] = []
}

extension Objects {
    /// One page of a listing of versions: read, then opened and given to `body`, on threads of the drive's.
    ///
    /// - Throws: `InvalidArgument` for a version marker that is none.
    package func listVersions<R: Sendable>(
        _ parameters: ListVersionsParameters, in bucket: Bucket,
        _ body: @escaping @Sendable (ObjectVersionPage) throws -> R
    ) async throws -> R {
        var request = VersionListRequest(
            bucket: bucket.id, prefix: parameters.prefix, delimiter: parameters.delimiter, limit: parameters.maxKeys)
        if let prefix = parameters.markerPrefix {
            request.after = VersionMarker(key: prefix)
            request.skipPrefix = prefix
        } else if !parameters.keyMarker.isEmpty {
            request.after = try marker(parameters, in: bucket)
        }
        let page = try await store.listVersions(request)
        return try await store.offload { try body(try open(page, withDetails: parameters.withMetadata)) }
    }

    /// The place that a request names: behind all versions of the key, or behind the one that it says.
    private func marker(_ parameters: ListVersionsParameters, in bucket: Bucket) throws -> VersionMarker {
        let key = parameters.keyMarker
        switch parameters.versionIDMarker {
        case "": return VersionMarker(key: key)
        case nullVersionID:
            let null = try store.findAtHand(bucket.id, key: key, version: .null, .row)
            // Of one that is gone the place is not known: better its siblings again than never.
            return VersionMarker(key: key, order: null?.version.columns.order ?? .max)
        case let text:
            guard let version = VersionID(hex: text) else {
                throw S3Error(
                    .invalidArgument, "Invalid version id specified",
                    details: [("ArgumentName", "version-id-marker"), ("ArgumentValue", text)])
            }
            return VersionMarker(key: key, order: version.order)
        }
    }

    private func open(_ page: VersionListPage, withDetails: Bool) throws -> ObjectVersionPage {
        var records = try records.forListing()
        var opened = ObjectVersionPage()
        opened.versions.reserveCapacity(page.entries.count)
        for entry in page.entries {
            switch entry {
            case .commonPrefix(let prefix): opened.commonPrefixes.append(prefix)
            case .version(let version, let isLatest):
                opened.append(version, isLatest: isLatest, &records)
                guard withDetails else { continue }
                let isMarker = version.columns.flags.contains(.deleteMarker)
                opened.details.append(isMarker ? nil : try? details(of: version))
            }
        }
        guard page.isTruncated else { return opened }
        switch page.entries.last {
        case .commonPrefix(let prefix): opened.next = .commonPrefix(prefix)
        case .version(let version, _):
            // By its place, which stays known when the version is gone: the null version has no other name for it.
            opened.next = .version(
                key: version.columns.key, versionIDMarker: VersionID(order: version.columns.order).hex)
        case nil: break
        }
        return opened
    }
}

extension ObjectVersionPage {
    fileprivate mutating func append(_ version: StoredVersion, isLatest: Bool, _ records: inout ListedRecords) {
        let columns = version.columns
        var content = ListedVersion.Content.deleteMarker
        do throws(Corruption) {
            let record = try records.open(version)
            // Opened before a flag is believed.
            if !columns.flags.contains(.deleteMarker) {
                content = .object(
                    etag: record.etag, size: columns.size,
                    storageClass: record.storageClass ?? StorageClass.standard.rawValue,
                    checksumAlgorithm: record.checksum?.algorithm.name, checksumType: record.checksum?.type.rawValue)
            }
        } catch {
            damaged.append(error)
            content = .object(
                etag: ETag(unquoted: ""), size: columns.size, storageClass: StorageClass.standard.rawValue,
                checksumAlgorithm: nil, checksumType: nil)
        }
        versions.append(
            ListedVersion(
                key: columns.key, versionID: columns.clientID, isLatest: isLatest, modified: columns.modified,
                content: content))
    }
}
