package import ObjectStorage

extension DriveCheck {
    /// What SQLite says of the catalogue; reads all of it, in one snapshot.
    package func checkStructure() async throws -> [DriveFinding] {
        do {
            return try await store.checkStructure().map { DriveFinding(.damaged, .catalogue, $0) }
        } catch {
            guard error.isCorrupt else { throw error }
            return [DriveFinding(.damaged, .catalogue, "\(error)")]
        }
    }

    /// Compares the counts that the catalogue keeps with its rows; reads all rows of versions, in one snapshot.
    package func checkCounts() async throws -> [DriveFinding] {
        let check = try await store.checkCounts()
        return check.dataKeys.map { key in
            DriveFinding(
                .miscounted, .dataKey,
                "data key \(key.id.rawValue) is named by \(key.counted) rows, and \(key.kept) are counted")
        }
            + check.usage.map { usage in
                DriveFinding(
                    .miscounted, .bucket, bucket: names[usage.bucket] ?? "#\(usage.bucket.rawValue)",
                    "it has \(usage.counted.summary), and \(usage.kept.summary) are counted")
            }
            + check.leftovers.map { DriveFinding(.orphan, .catalogue, $0) }
    }

    /// The files in a directory of blobs that no row refers to, and how many files it has.
    package func checkFiles(in directory: BlobDirectory) async throws -> (findings: [DriveFinding], count: Int) {
        let check = try await store.checkFiles(in: directory)
        return (check.unreferred.map { DriveFinding(.orphan, .file, "no row refers to file \($0.hex)") }, check.count)
    }
}

extension BucketUsage {
    fileprivate var summary: String {
        "\(bytes) bytes in \(objects) objects, \(versions) versions and \(deleteMarkers) delete markers"
    }
}
