import ObjectStorage
package import S3Protocol

extension Uploads {
    /// Rows that one look at the catalogue brings.
    private static let stalePage = 256

    /// Aborts the uploads of a bucket that were begun, and had their last part, before a time.
    ///
    /// Their records need not open. One abort is one commit, and their parts go in the background.
    /// - Parameter time: milliseconds since 1970.
    /// - Returns: how many there were.
    package func abortStale(in bucket: Bucket, before time: Int64) async throws -> Int {
        var aborted = 0
        var last: UploadRow?
        while true {
            let page = try await store.listUploads(
                UploadListRequest(
                    bucket: bucket.id, after: last.map { UploadMarker(key: $0.key, upload: $0.id) },
                    limit: Self.stalePage))
            for case .upload(let row) in page.entries {
                if try await isStale(row, before: time), try await store.abortUpload(row.id) { aborted += 1 }
                last = row
            }
            guard page.isTruncated else { return aborted }
        }
    }

    /// Aborts the uploads of a bucket that its lifecycle's rules abort, whatever has come of them; one abort is one commit.
    ///
    /// One whose record does not open stays: when it was begun may be anything.
    /// - Parameter time: milliseconds since 1970.
    /// - Returns: how many there were, and what is damaged.
    package func abort(
        in bucket: Bucket, by schedule: LifecycleSchedule, at time: Int64
    ) async throws -> (aborted: Int, damaged: [Corruption]) {
        var aborted = 0
        var damaged: [Corruption] = []
        for prefix in schedule.uploadPrefixes {
            var request = UploadListRequest(
                bucket: bucket.id, prefix: String(decoding: prefix, as: UTF8.self), limit: Self.stalePage)
            while true {
                let page = try await store.listUploads(request)
                for case .upload(let row) in page.entries {
                    request.after = UploadMarker(key: row.key, upload: row.id)
                    let end = schedule.abortion(ofUploadTo: row.key, initiated: row.initiated)
                    guard let end, end.time <= time else { continue }
                    do {
                        _ = try records.open(row)
                        if try await store.abortUpload(row.id) { aborted += 1 }
                    } catch let corruption as Corruption {
                        damaged.append(corruption)
                    }
                }
                guard page.isTruncated else { break }
            }
        }
        return (aborted, damaged)
    }

    /// Uploads of large objects take longer than a day, and are not stale while parts come in.
    private func isStale(_ row: UploadRow, before time: Int64) async throws(StorageError) -> Bool {
        guard row.initiated < time else { return false }
        do throws(StorageError) {
            return try await store.partList(of: row.id).rows.allSatisfy { $0.modified < time }
        } catch {
            // It has ended meanwhile.
            guard error == .noSuchUpload else { throw error }
            return false
        }
    }
}
