package import ObjectStorage
package import S3Protocol

/// One page of a bucket's listing with its records opened.
package struct ObjectPage: Sendable {
    package enum Entry: Sendable {
        case object(Item)
        case commonPrefix(String)
    }

    /// What a listing shows of an object.
    package struct Item: Sendable {
        package let key: String
        /// Milliseconds since 1970.
        package let modified: Int64
        /// Bytes.
        package let size: Int64
        /// `nil` for an object whose record is damaged: it is listed all the same, so that it can be found and deleted.
        package let etag: ETag?
        /// `nil` for the standard class.
        package let storageClass: String?
    }

    package let entries: [Entry]
    /// True when at least one more entry follows; with ``passed``, when one may.
    package let isTruncated: Bool
    /// The key behind which the listing goes on; nil when that is the last entry.
    package let passed: String?
    /// The records of the page that did not open.
    package let damaged: [Corruption]
}

extension Objects {
    /// One page of a listing: read, then opened and given to `body`, on threads of the drive's.
    package func list<R: Sendable>(
        _ request: ListRequest, _ body: @escaping @Sendable (ObjectPage) throws -> R
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
        return try await open(page, body)
    }

    private func open<R: Sendable>(
        _ page: ListPage, _ body: @escaping @Sendable (ObjectPage) throws -> R
    ) async throws -> R {
        try await store.offload {
            var damaged: [Corruption] = []
            let entries = try page.entries.map { entry -> ObjectPage.Entry in
                switch entry {
                case .commonPrefix(let prefix): .commonPrefix(prefix)
                case .version(let version): .object(try item(version, &damaged))
                }
            }
            return try body(
                ObjectPage(entries: entries, isTruncated: page.isTruncated, passed: page.passed, damaged: damaged))
        }
    }

    private func item(_ version: StoredVersion, _ damaged: inout [Corruption]) throws -> ObjectPage.Item {
        let columns = version.columns
        var shown: (etag: ETag, storageClass: String?)?
        do {
            shown = try records.listed(version)
        } catch let corruption as Corruption {
            damaged.append(corruption)
        }
        return ObjectPage.Item(
            key: columns.key, modified: columns.modified, size: columns.size, etag: shown?.etag,
            storageClass: shown?.storageClass)
    }
}
