import Cryptography
package import KeyManagement
package import ObjectStorage
import SealedStorage

/// Puts a drive together from a backup; what is interrupted is gone on with.
package struct Restore: Sendable {
    package struct Progress: Sendable {
        package var blobs: Int64 = 0
        package var total: Int64 = 0
        package var bytes: Int64 = 0
    }

    package struct Outcome: Sendable {
        package let progress: Progress
        /// Blobs that rows refer to and that neither the drive had nor the target has.
        package let missing: [String]
        /// Keys that data keys are wrapped under, and that the key service does not have.
        package let missingKeys: [String]
        /// What its rollback evidence says; nil of a drive that had none.
        package let history: CatalogueSnapshot.History?
    }

    private let target: any BackupTarget
    private let backup: BackupManifest
    private let directory: String
    private let service: any KeyService
    private let anchor: RollbackAnchor?
    private let acceptsRollback: Bool

    private static let pageSize = 1024

    /// - Parameters:
    ///   - anchor: says from then on that the drive has come as far as the backup, and no farther.
    ///   - acceptsRollback: whether a backup is restored in which records were put back to an older state.
    package init(
        _ backup: BackupManifest, from target: any BackupTarget, to directory: String, keys service: any KeyService,
        anchor: RollbackAnchor? = nil, acceptsRollback: Bool = false
    ) {
        self.anchor = anchor
        self.acceptsRollback = acceptsRollback
        self.backup = backup
        self.target = target
        self.directory = directory
        self.service = service
    }

    /// - Parameter report: is told after every blob.
    /// - Throws: ``BackupFailure``, `KeyServiceError`, `StorageError`; before anything is made, when the keys cannot be had.
    package func run(report: (Progress) throws -> Void) async throws -> Outcome {
        let catalogue = "\(target.workspace)/\(backup.name).db"
        Files.remove(catalogue)
        guard try await target.fetch(backup.catalogueName, to: catalogue) else {
            throw BackupFailure("backup \(backup.name) has no catalogue")
        }
        defer { Files.remove(catalogue) }
        guard try Files.checksum(of: catalogue) == backup.catalogueChecksum else {
            throw BackupFailure("the catalogue of backup \(backup.name) is damaged")
        }
        var snapshot: CatalogueSnapshot? = try CatalogueSnapshot(catalogue)
        guard let opened = snapshot else { throw BackupFailure("backup \(backup.name) cannot be read") }
        let key = try await openKey(opened)
        let missingKeys = try await missingKeys(opened)
        let history = try history(of: opened, key)
        let restoration = try DriveRestoration(in: directory)
        var progress = Progress()
        progress.total = try opened.blobCount()
        let missing = try await copyBlobs(of: opened, into: restoration.blobs, &progress, report)
        snapshot = nil
        // Last, in one step: until then no start takes the directory for a drive.
        let copy = "\(directory)/catalogue.copy"
        Files.remove(copy)
        _ = try Files.copy(catalogue, to: copy)
        try CatalogueSnapshot.separate(copy)
        try Files.rename(copy, to: restoration.catalogue)
        try restoration.finish(format: backup.driveFormat)
        if let anchor, let history { try anchor.write(history.point, under: key) }
        return Outcome(progress: progress, missing: missing, missingKeys: missingKeys, history: history)
    }

    /// Opens the catalogue key, without which nothing could be read.
    private func openKey(_ snapshot: CatalogueSnapshot) async throws -> SecretKey {
        guard let key = try CatalogueKey.stored(in: snapshot) else {
            throw BackupFailure("the drive had no keys when the backup was taken")
        }
        return try await key.open(with: service)
    }

    /// Whether the backup's records are those of one moment.
    private func history(of snapshot: CatalogueSnapshot, _ key: SecretKey) throws -> CatalogueSnapshot.History? {
        do {
            let history = try snapshot.history(under: key, anchor: anchor)
            guard let fault = history?.faults.first, !acceptsRollback else { return history }
            throw BackupFailure(
                "backup \(backup.name): \(fault.part) are not what was committed last: \(fault.summary). "
                    + "--accept-rollback restores it all the same")
        } catch StorageError.rolledBack(let fault) {
            guard acceptsRollback else {
                throw BackupFailure("backup \(backup.name): \(fault). --accept-rollback restores it all the same")
            }
            return nil
        }
    }

    private func missingKeys(_ snapshot: CatalogueSnapshot) async throws -> [String] {
        var missing: [String] = []
        for name in try snapshot.kmsKeyNames() {
            guard let key = try? KeyID(name), try await service.hasKey(key) else {
                missing.append(name)
                continue
            }
        }
        return missing
    }

    private func fetch(_ name: String, to path: String) async throws {
        let unfinished = "\(directory)/blob.unfinished"
        Files.remove(unfinished)
        guard try await target.fetch(name, to: unfinished) else {
            throw BackupFailure("\(name) went while it was restored")
        }
        try Files.sync(unfinished)
        try Files.rename(unfinished, to: path)
    }

    private func copyBlobs(
        of snapshot: CatalogueSnapshot, into root: String, _ progress: inout Progress,
        _ report: (Progress) throws -> Void
    ) async throws -> [String] {
        var last: BlobID?
        var missing: [String] = []
        var (folder, present): (String, [String: Int64]) = ("", [:])
        while true {
            let page = try snapshot.blobs(after: last, limit: Self.pageSize)
            guard let end = page.last else { return missing }
            last = end
            for blob in page {
                try Task.checkCancellation()
                let place = snapshot.relativePath(of: blob)
                let path = "\(root)/\(place)"
                let names = place.split(separator: "/").map(String.init)
                if names[0] != folder {
                    folder = names[0]
                    present = try await target.names(in: "blobs/\(folder)")
                    try Files.makeDirectories(above: path, below: root)
                }
                if let length = present[names[1]] {
                    // What is there of an earlier time, and is as long, was synced before it had its name.
                    if Files.length(path) != length { try await fetch("blobs/\(place)", to: path) }
                } else {
                    missing.append(blob.hex)
                }
                progress.bytes += Files.length(path) ?? 0
                progress.blobs += 1
                try report(progress)
            }
        }
    }
}
