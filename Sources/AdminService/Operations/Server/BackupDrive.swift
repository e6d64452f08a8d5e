import AccessPolicy
import Glibc
import ObjectStorage
import Requests
import S3Protocol
import SealedStorage

/// Begins a backup that the client takes, and keeps its files for as long as the client keeps the answer open.
///
/// The first line names it; blanks follow. So long every file stays that the catalogue of this moment refers to. Coffer's own:
/// `coffer backup URL TARGET`.
enum BeginBackup: AdminOperation {
    static let routes = ["POST /minio/admin/v3/coffer/backup"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.inspectData) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        guard let session = try await context.backups.begin(context.drive) else {
            throw S3Error(.slowDown, "A backup of the drive is being taken already.")
        }
        defer { context.backups.end(session) }
        try await reply.startLines()
        try await reply.sendLines(every: .seconds(5)) { send in
            try send(BackupBegun(session: session.id))
            while !context.samplings.isClosed, !context.backups.isClosed, context.backups[session.id] != nil {
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        await reply.finish()
    }
}

/// Ends a backup: files that nothing refers to any more may go.
enum EndBackup: AdminOperation {
    static let routes = ["DELETE /minio/admin/v3/coffer/backup"]
    static let required = ["session"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.inspectData) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        if let session = try context.backups[request.required("session")] { context.backups.end(session) }
        await reply.sendNothing(status: 204)
    }
}

/// The first line of the answer.
package struct BackupBegun: Codable, Sendable {
    package let session: String
}

/// Bytes of a backup: of the catalogue's copy, or of a blob's file, sealed as they are.
enum ReadBackup: AdminOperation {
    static let routes = ["GET /minio/admin/v3/coffer/backup"]
    static let required = ["session", "offset"]
    static let optional = ["blob"]

    /// Bytes of an answer.
    static let most = 4 << 20

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.inspectData) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        guard let session = try context.backups[request.required("session")] else {
            throw S3Error(.noSuchUpload, "The backup has ended.")
        }
        guard let offset = Int64(try request.required("offset")), offset >= 0 else {
            throw S3Error(.invalidRequest, "The query parameter 'offset' is no number of bytes.")
        }
        let (bytes, length): ([UInt8], Int64)
        if let text = request.nonEmpty("blob") {
            guard let blob = BlobID(hex: text) else {
                throw S3Error(.invalidRequest, "The query parameter 'blob' is none's name.")
            }
            do {
                (bytes, length) = try await context.drive.sealedBytes(of: blob, from: offset, count: most)
            } catch StorageError.blobMissing {
                throw S3Error(.noSuchKey, "The file is not there.")
            }
        } else {
            let path = session.catalogue
            (bytes, length) = try await context.drive.offload { try Self.bytes(of: path, from: offset) }
        }
        try await reply.send(bytes, type: "application/octet-stream", headers: [(BackupLength.header, "\(length)")])
    }

    private static func bytes(of path: String, from offset: Int64) throws -> ([UInt8], Int64) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError.io(operation: "open \(path)", errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw StorageError.io(operation: "stat \(path)", errno: errno) }
        let length = Int64(status.st_size)
        var bytes = [UInt8](repeating: 0, count: Int(max(0, min(Int64(most), length - offset))))
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done, off_t(offset) + done)
            }
            guard count > 0 else { throw StorageError.io(operation: "read \(path)", errno: count < 0 ? errno : EIO) }
            done += count
        }
        return (bytes, length)
    }
}

/// The header that tells how long the whole file is.
package enum BackupLength {
    package static let header = "x-coffer-length"
}
