import NIOCore
import S3Protocol
import SealedStorage

/// A member of an archive that an object is to be made of.
struct ArchiveMember: Sendable {
    /// As the archive has it.
    let name: String
    /// Bytes; none of a directory.
    let size: Int64
    let isDirectory: Bool
    /// Headers of its own (`minio.metadata.…`), with lower-case names.
    let headers: [(name: String, value: String)]
}

/// Walks the members of a tar archive, one after another.
final class ArchiveReader: @unchecked Sendable {
    // Unchecked: owned by the one task that unpacks.

    /// Bytes of the attributes of one member.
    private static let attributesLimit: Int64 = 64 << 10

    private let bytes: ArchiveBytes
    /// Bytes of the current member that nobody has asked for yet, and those that fill its last block.
    private var remaining: Int64 = 0
    private var padding = 0

    init(_ bytes: ArchiveBytes) { self.bytes = bytes }

    /// The next member; what is left of the one before it is passed over.
    ///
    /// - Throws: `InvalidRequest` for what is no archive, `NotImplemented` for a member with holes.
    func next() async throws -> ArchiveMember? {
        var records: [(name: String, value: String)] = []
        var longName: String?
        while true {
            while try await nextBytes() != nil {}
            guard let block = try await take(TarHeader.byteCount), let header = try Self.header(block) else {
                return nil
            }
            // Only its own record says how long a member is that has one.
            try begin(header.kind == .file ? Self.size(records) ?? header.size : header.size)
            switch header.kind {
            case .attributes: records = try Self.records(await text())
            case .longName:
                longName = String(validating: try await text().prefix { $0 != 0 }, as: UTF8.self)
                guard longName != nil else { throw ArchiveError.malformed }
            case .sparse: throw S3Error(.notImplemented, "The archive has a file with holes.")
            case .other: (records, longName) = ([], nil)
            case .file, .directory:
                guard !records.contains(where: { $0.name.hasPrefix("GNU.sparse.") }) else {
                    throw S3Error(.notImplemented, "The archive has a file with holes.")
                }
                let prefix = "minio.metadata."
                return ArchiveMember(
                    name: records.last { $0.name == "path" }?.value ?? longName ?? header.name, size: remaining,
                    isDirectory: header.kind == .directory,
                    headers: records.filter { $0.name.lowercased().hasPrefix(prefix) }.map {
                        ($0.name.dropFirst(prefix.count).lowercased(), $0.value)
                    })
            }
        }
    }

    /// The next bytes of the current member; nil behind its last one.
    func nextBytes() async throws -> ByteBuffer? {
        if remaining == 0 {
            guard padding > 0 else { return nil }
            let count = padding
            padding = 0
            guard try await take(count) != nil else { throw ArchiveError.malformed }
            return nil
        }
        guard let bytes = try await bytes.next(upTo: Int(min(remaining, 256 << 10))) else {
            throw ArchiveError.malformed
        }
        remaining -= Int64(bytes.readableBytes)
        return bytes
    }

    private func begin(_ size: Int64) {
        remaining = size
        padding = Int((512 - size % 512) % 512)
    }

    private func text() async throws -> [UInt8] {
        guard remaining <= Self.attributesLimit else { throw ArchiveError.malformed }
        var text: [UInt8] = []
        while let bytes = try await nextBytes() { text += bytes.readableBytesView }
        return text
    }

    /// So many bytes; nil when there are none any more.
    private func take(_ count: Int) async throws -> [UInt8]? {
        var taken: [UInt8] = []
        while taken.count < count, let bytes = try await bytes.next(upTo: count - taken.count) {
            taken += bytes.readableBytesView
        }
        guard taken.count == count else {
            guard taken.isEmpty else { throw ArchiveError.malformed }
            return nil
        }
        return taken
    }

    private static func size(_ records: [(name: String, value: String)]) throws(S3Error) -> Int64? {
        guard let record = records.last(where: { $0.name == "size" }) else { return nil }
        guard let size = Int64(record.value), size >= 0 else { throw ArchiveError.malformed }
        return size
    }

    private static func header(_ block: [UInt8]) throws(S3Error) -> TarHeader? {
        do { return try TarHeader(block) } catch { throw ArchiveError.malformed }
    }

    private static func records(_ text: [UInt8]) throws(S3Error) -> [(name: String, value: String)] {
        do { return try PaxRecords.parse(text) } catch { throw ArchiveError.malformed }
    }
}

/// The bytes of one member, for the object that is made of it.
final class ArchiveMemberBytes: ByteSource, @unchecked Sendable {
    // Unchecked: owned by the one task that unpacks.

    let length: Int64
    private let reader: ArchiveReader
    private let drive: SealedDrive
    private var digest: MemberDigest?
    private(set) var md5: [UInt8]?

    init(_ reader: ArchiveReader, length: Int64, drive: SealedDrive) {
        self.reader = reader
        self.length = length
        self.drive = drive
    }

    var blockBytes: Int { 256 << 10 }
    var checksum: S3Checksum? { nil }

    func computeMD5() {
        if digest == nil { digest = MemberDigest() }
    }

    func next() async throws -> ByteBuffer? {
        try Task.checkCancellation()
        // What follows a directory's header is no object's.
        guard length > 0, let bytes = try await reader.nextBytes() else {
            if md5 == nil { md5 = digest?.finalize() }
            return nil
        }
        if let digest { try await drive.offload { digest.update(bytes) } }
        return bytes
    }
}
