import ObjectStorage

/// Removes the oldest backups of a target, and the blobs that none of the others refers to.
package struct Retention: Sendable {
    private let target: any BackupTarget

    package init(of target: any BackupTarget) { self.target = target }

    /// - Parameter count: of the newest backups that stay; at least one.
    /// - Returns: the names of those that went, and the number of blobs.
    package func keep(_ count: Int) async throws -> (backups: [String], blobs: Int) {
        let backups = try await target.backups()
        let gone = backups.dropLast(max(1, count))
        guard !gone.isEmpty else { return ([], 0) }
        for backup in gone {
            // The manifest first: without it there is no backup, whatever of it is left.
            try await target.remove([BackupManifest.manifestName(backup.name)])
            try await target.settle()
            try await target.remove([backup.catalogueName])
        }
        return (gone.map(\.name), try await sweep(keeping: Array(backups.suffix(max(1, count)))))
    }

    private func sweep(keeping backups: [BackupManifest]) async throws -> Int {
        var snapshots: [CatalogueSnapshot] = []
        var paths: [String] = []
        defer { for path in paths { Files.remove(path) } }
        for backup in backups {
            let path = "\(target.workspace)/\(backup.name).db"
            Files.remove(path)
            guard try await target.fetch(backup.catalogueName, to: path) else {
                throw BackupFailure("backup \(backup.name) has no catalogue: no blob was removed")
            }
            paths.append(path)
            guard try Files.checksum(of: path) == backup.catalogueChecksum else {
                throw BackupFailure("the catalogue of backup \(backup.name) is damaged: no blob was removed")
            }
            snapshots.append(try CatalogueSnapshot(path))
        }
        var removed = 0
        for folder in try await target.folders(in: "blobs") {
            let names = try await target.names(in: "blobs/\(folder)").keys.sorted()
            var referred: Set<String> = []
            for snapshot in snapshots { referred.formUnion(try snapshot.referred(among: names, in: folder)) }
            let unused = names.filter { !referred.contains($0) }
            try await target.remove(unused.map { "blobs/\(folder)/\($0)" })
            removed += unused.count
        }
        try await target.settle()
        return removed
    }
}
