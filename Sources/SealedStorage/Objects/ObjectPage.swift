package import ObjectStorage
package import S3Protocol

/// One page of a bucket's listing with its records opened: keys and common prefixes, each in their order.
package struct ObjectPage: Sendable {
    /// One whose record is damaged is listed with an empty tag, so that it can be found and deleted.
    package fileprivate(set) var objects: [ListedObject] = []
    /// What each of ``objects`` has besides, where that was asked for; nil for one whose record is damaged.
    package fileprivate(set) var details: [ListedDetails?] = []
    package fileprivate(set) var commonPrefixes: [String] = []
    /// Where the page ends; `nil` when it has no entries.
    package fileprivate(set) var last: ListPosition?
    /// True when at least one more entry follows; with ``passed``, when one may.
    package let isTruncated: Bool
    /// The key behind which the listing goes on; nil when that is the last entry.
    package let passed: String?
    /// The records of the page that did not open.
    package fileprivate(set) var damaged: [Corruption] = []

    fileprivate init(isTruncated: Bool, passed: String?) {
        self.isTruncated = isTruncated
        self.passed = passed
    }
}

extension Objects {
    /// One page of a listing: read, then opened and given to `body`, on threads of the drive's.
    ///
    /// - Parameter withDetails: whether whole records are opened, for ``ObjectPage/details``.
    package func list<R: Sendable>(
        _ request: ListRequest, withDetails: Bool = false, _ body: @escaping @Sendable (ObjectPage) throws -> R
    ) async throws -> R {
        var rest = request
        // A flag alone is not believed: damaged, it would hide an object that can then be neither found nor deleted.
        rest.isMarker = { [records] version in (try? records.etag(of: version)) != nil }
        var page = try await store.list(rest)
        // Nothing but deleted keys so far: no answer yet, but other scans had their turn.
        while page.entries.isEmpty, let passed = page.passed {
            rest.after = passed
            page = try await store.list(rest)
        }
        return try await open(page, withDetails: withDetails, body)
    }

    private func open<R: Sendable>(
        _ page: ListPage, withDetails: Bool, _ body: @escaping @Sendable (ObjectPage) throws -> R
    ) async throws -> R {
        try await store.offload {
            var records = try records.forListing()
            var opened = ObjectPage(isTruncated: page.isTruncated, passed: page.passed)
            opened.objects.reserveCapacity(page.entries.count)
            var versions: [StoredVersion] = []
            versions.reserveCapacity(page.entries.count)
            for entry in page.entries {
                switch entry {
                case .commonPrefix(let prefix): opened.commonPrefixes.append(prefix)
                case .version(let version):
                    versions.append(version)
                    if withDetails { opened.details.append(try? details(of: version)) }
                }
            }
            for start in stride(from: 0, to: versions.count, by: ListedRecords.batch) {
                opened.append(versions[start...].prefix(ListedRecords.batch), &records)
            }
            opened.last = page.entries.last.map { entry in
                switch entry {
                case .commonPrefix(let prefix): .commonPrefix(prefix)
                case .version(let version): .key(version.columns.key)
                }
            }
            return try body(opened)
        }
    }
}

/// What a listing shows of an object that shows all.
package struct ListedDetails: Sendable {
    package let attributes: ObjectAttributes
    package let encryption: AppliedEncryption
}

extension Objects {
    func details(of version: StoredVersion) throws -> ListedDetails {
        let record = try records.open(version)
        let dataKey = record.encryption.scheme.namesKey ? try version.columns.dataKey.flatMap(store.dataKeyAtHand) : nil
        return ListedDetails(
            attributes: record.attributes,
            encryption: keys.applied(record.encryption, dataKey: dataKey, customerKey: nil))
    }
}

extension ObjectPage {
    fileprivate mutating func append(_ versions: ArraySlice<StoredVersion>, _ records: inout ListedRecords) {
        records.open(versions)
        for index in versions.indices {
            let record = records.record(at: index - versions.startIndex)
            if record == nil { damaged.append(SealedRecords.corruption(of: versions[index])) }
            let columns = versions[index].columns
            objects.append(
                ListedObject(
                    key: columns.key, modified: columns.modified, etag: record?.etag ?? ETag(unquoted: ""),
                    size: columns.size, checksum: record?.checksum.map { ($0.algorithm, $0.type) },
                    storageClass: record?.storageClass ?? StorageClass.standard.rawValue))
        }
    }
}
