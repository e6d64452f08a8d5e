import Cryptography
import FoundationEssentials
import Notation
import ObjectStorage
import SealedStorage

/// Takes backups of a drive: its catalogue as of one moment, and the blobs that it refers to, of which only those are copied
/// that the target does not have yet.
///
/// Everything stays sealed.
///
/// What is interrupted leaves blobs that the next one need not copy, and nothing that passes for a backup.
package struct Backup: Sendable {
    package struct Progress: Sendable {
        /// Blobs that are there, and how many there are to be; bytes that were copied.
        package var blobs: Int64 = 0
        package var total: Int64 = 0
        package var copiedBlobs: Int64 = 0
        package var copiedBytes: Int64 = 0
    }

    private let source: any BackupSource
    private let target: any BackupTarget
    /// Milliseconds since 1970.
    private let clock: @Sendable () -> Int64

    package init(_ source: any BackupSource, to target: any BackupTarget, clock: @escaping @Sendable () -> Int64) {
        self.source = source
        self.target = target
        self.clock = clock
    }

    private static let pageSize = 1024

    /// - Parameter report: is told after every blob.
    package func run(report: (Progress) throws -> Void) async throws -> (manifest: BackupManifest, progress: Progress) {
        do {
            let done = try await take(report)
            await source.end()
            return done
        } catch {
            await source.end()
            throw error
        }
    }

    private func take(_ report: (Progress) throws -> Void) async throws -> (
        manifest: BackupManifest, progress: Progress
    ) {
        let catalogue = "\(target.workspace)/catalogue"
        Files.remove(catalogue)
        try await source.begin(catalogueAt: catalogue)
        defer { Files.remove(catalogue) }
        let snapshot = try CatalogueSnapshot(catalogue)
        try await requireHome(of: snapshot)
        let created = clock()
        var manifest = BackupManifest(
            name: try await name(at: created), created: created, driveFormat: try snapshot.format(),
            catalogueBytes: Files.length(catalogue) ?? 0, catalogueChecksum: try Files.checksum(of: catalogue),
            blobs: 0,
            bytes: 0, missing: [])
        var progress = Progress()
        progress.total = try snapshot.blobCount()
        try await copyBlobs(of: snapshot, &manifest, &progress, report)
        try await target.keep(catalogue, as: manifest.catalogueName)
        // Nothing may be missing of what the manifest, the last to come, says that there is.
        try await target.settle()
        try await target.keep(
            document: [UInt8](try JSONEncoder().encode(manifest)), as: BackupManifest.manifestName(manifest.name))
        return (manifest, progress)
    }

    private func copyBlobs(
        of snapshot: CatalogueSnapshot, _ manifest: inout BackupManifest, _ progress: inout Progress,
        _ report: (Progress) throws -> Void
    ) async throws {
        var last: BlobID?
        var (folder, present): (String, [String: Int64]) = ("", [:])
        while true {
            let page = try snapshot.blobs(after: last, limit: Self.pageSize)
            guard let end = page.last else { return }
            last = end
            for blob in page {
                try Task.checkCancellation()
                let place = snapshot.relativePath(of: blob).split(separator: "/").map(String.init)
                if place[0] != folder {
                    folder = place[0]
                    present = try await target.names(in: "blobs/\(folder)")
                }
                if let length = present[place[1]] {
                    manifest.bytes += length
                } else if let length = try await copy(blob, as: "blobs/\(folder)/\(place[1])") {
                    manifest.bytes += length
                    progress.copiedBlobs += 1
                    progress.copiedBytes += length
                } else {
                    manifest.missing.append(blob.hex)
                }
                manifest.blobs += 1
                progress.blobs += 1
                try report(progress)
            }
        }
    }

    private func copy(_ blob: BlobID, as name: String) async throws -> Int64? {
        let path = "\(target.workspace)/blob"
        Files.remove(path)
        guard let length = try await source.fetch(blob, to: path) else { return nil }
        try await target.keep(path, as: name)
        return length
    }

    /// A target has backups of one drive alone: blobs of others have the same names.
    private func requireHome(of snapshot: CatalogueSnapshot) async throws {
        let drive = Hex.encode(try CatalogueKey.driveIdentifier(of: snapshot) ?? [])
        guard let document = try await target.document(BackupHome.name) else {
            return try await target.keep(
                document: [UInt8](try JSONEncoder().encode(BackupHome(drive: drive))), as: BackupHome.name)
        }
        let home = try? JSONDecoder().decode(BackupHome.self, from: Data(document))
        guard let home, home.format == BackupHome.supportedFormat else {
            throw BackupFailure("the target has backups of a format that this release does not know")
        }
        guard home.drive == drive else { throw BackupFailure("the target has backups of another drive") }
    }

    /// Of two in one second the later one gets the next second's.
    private func name(at time: Int64) async throws -> String {
        let taken = Set(try await target.folders(in: "snapshots"))
        var time = time
        while true {
            let text = HTTPDate.iso8601(time)
            // 2026-11-30T18:38:00.000Z
            let name = text.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
            if !taken.contains(String(name)) { return String(name) }
            time += 1000
        }
    }
}

extension BackupTarget {
    /// The backups that are there, the oldest first.
    package func backups() async throws -> [BackupManifest] {
        var backups: [BackupManifest] = []
        for name in try await folders(in: "snapshots").sorted() {
            guard let document = try await document(BackupManifest.manifestName(name)) else { continue }
            guard let manifest = try? JSONDecoder().decode(BackupManifest.self, from: Data(document)) else {
                throw BackupFailure("the manifest of backup \(name) is damaged")
            }
            backups.append(manifest)
        }
        return backups
    }
}
