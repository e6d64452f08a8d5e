import FoundationEssentials
import Glibc
import NIOCore
import ObjectStorage
import Requests
import S3Protocol
import SealedStorage

/// Takes what can be read of damaged objects out of a drive, and deletes them when that is asked for: never otherwise.
///
/// What is taken out is plaintext, in files that only their owner may read.
struct Quarantine {
    private let directory: String
    private let drive: SealedDrive
    private let check: DriveCheck

    /// - Throws: ``StartFailure`` when the directory is there, or cannot be made.
    init(_ directory: String, _ drive: SealedDrive) throws(StartFailure) {
        guard mkdir(directory, 0o700) == 0 else {
            throw StartFailure("\(directory): \(String(cString: strerror(errno)))")
        }
        self.directory = directory
        self.drive = drive
        check = DriveCheck(drive) { _ in }
    }

    /// What became of one damaged object.
    struct Entry: Encodable {
        let finding: DriveFinding
        /// The name of the file with what could be read; `nil` when nothing could.
        var file: String?
        /// Bytes of the object, and those of them that could not be read.
        var size: Int64?
        var holes: [DriveCheck.Salvage.Hole]?
        var isDeleted = false
        /// Why it could not be deleted.
        var obstacle: String?
    }

    /// Writes a file for each object that is damaged or misses something, and `quarantine.json`, which names them.
    func take(_ findings: [DriveFinding], deleting: Bool) async throws -> [Entry] {
        var entries: [Entry] = []
        var rows: Set<Int64> = []
        for finding in findings where finding.kind == .damaged || finding.kind == .missing {
            guard finding.subject == .object, let row = finding.row, rows.insert(row).inserted,
                let version = try await check.version(of: finding)
            else { continue }
            var entry = Entry(finding: finding)
            try await export(version, number: entries.count + 1, &entry)
            // Not before what could be read of it is safe.
            if deleting { await delete(version, &entry) }
            entries.append(entry)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(entries).write(to: URL(filePath: "\(directory)/quarantine.json"))
        return entries
    }

    private func export(_ version: WalkedVersion, number: Int, _ entry: inout Entry) async throws {
        let name = String(repeating: "0", count: max(0, 6 - "\(number)".count)) + "\(number)"
        let path = "\(directory)/\(name)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StartFailure("\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        let salvage = try await check.salvage(version) { offset, bytes in
            try bytes.withUnsafeReadableBytes { bytes in
                var done = 0
                while done < bytes.count {
                    let count = pwrite(
                        descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(offset) + done)
                    guard count > 0 else { throw StartFailure("\(path): \(String(cString: strerror(errno)))") }
                    done += count
                }
            }
        }
        guard let salvage else {
            unlink(path)
            return
        }
        // Holes read as zeros.
        guard ftruncate(descriptor, off_t(salvage.size)) == 0, fsync(descriptor) == 0 else {
            throw StartFailure("\(path): \(String(cString: strerror(errno)))")
        }
        (entry.file, entry.size, entry.holes) = (name, salvage.size, salvage.holes)
    }

    /// As a client would delete that version: what is locked stays.
    private func delete(_ version: WalkedVersion, _ entry: inout Entry) async {
        let columns = version.found.version.columns
        version.found.lease?.release()
        do {
            let bucket = try drive.buckets.bucket(BucketName(entry.finding.bucket ?? ""))
            _ = try await drive.objects.delete(
                bucket, key: ObjectName(columns.key),
                version: columns.flags.contains(.nullVersion) ? .null : .id(columns.version),
                conditions: DeletePreconditions(), at: Clock.milliseconds())
            entry.isDeleted = try await check.version(of: entry.finding) == nil
        } catch {
            entry.obstacle = "\(error)"
        }
    }
}
