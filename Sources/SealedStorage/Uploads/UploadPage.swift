package import ObjectStorage

/// One page of a bucket's uploads with their records opened, and common prefixes, each in their order.
package struct UploadPage: Sendable {
    package struct Entry: Sendable {
        package let row: UploadRow
        /// `nil` when it is damaged: the upload is listed all the same, so that it can be found and aborted.
        package let record: UploadRecord?
    }

    package private(set) var uploads: [Entry] = []
    package private(set) var commonPrefixes: [String] = []
    /// The entry behind which the listing goes on; `nil` when it ends here.
    package let next: UploadListEntry?
    /// The records of the page that did not open.
    package private(set) var damaged: [Corruption] = []

    fileprivate init(_ page: UploadListPage, _ records: SealedRecords) throws {
        next = page.isTruncated ? page.entries.last : nil
        for entry in page.entries {
            switch entry {
            case .commonPrefix(let prefix): commonPrefixes.append(prefix)
            case .upload(let row):
                do {
                    uploads.append(Entry(row: row, record: try records.open(row)))
                } catch let corruption as Corruption {
                    damaged.append(corruption)
                    uploads.append(Entry(row: row, record: nil))
                }
            }
        }
    }
}

extension Uploads {
    /// One page of a listing: read, then opened and given to `body`, on threads of the drive's.
    package func list<R: Sendable>(
        _ request: UploadListRequest, _ body: @escaping @Sendable (UploadPage) throws -> R
    ) async throws -> R {
        let page = try await store.listUploads(request)
        return try await store.offload { [records] in try body(UploadPage(page, records)) }
    }
}
