import CLinux
import NIOCore
import S3Protocol
import SealedStorage

/// The bytes of an archive as its members have them: unpacked by gzip or Zstandard if it begins as such a stream does.
final class ArchiveBytes: @unchecked Sendable {
    // Unchecked: owned by the one task that unpacks.

    private static let block = 256 << 10

    /// Whose file goes with it.
    private let spooled: SpooledBytes
    private let body: ObjectBody
    private let drive: SealedDrive
    private var inflater: Inflater?
    private var isBegun = false
    private var packed = ByteBuffer()
    private var plain = ByteBuffer()

    init(_ spooled: SpooledBytes, drive: SealedDrive) {
        self.spooled = spooled
        body = spooled.body()
        self.drive = drive
    }

    /// Up to `count` bytes, at least one; nil at the end.
    ///
    /// - Throws: `InvalidRequest` for a stream that is malformed or cut short, `NotImplemented` for one that nothing here unpacks.
    func next(upTo count: Int) async throws -> ByteBuffer? {
        while plain.readableBytes == 0 {
            guard try await fill() else { return nil }
        }
        return plain.readSlice(length: min(count, plain.readableBytes))
    }

    /// False at the end.
    private func fill() async throws -> Bool {
        if packed.readableBytes == 0, inflater?.mayHoldMore != true {
            guard let bytes = try await body.next(upTo: Self.block) else {
                if let inflater, !inflater.isBetweenStreams { throw ArchiveError.malformed }
                return false
            }
            packed = bytes
            if !isBegun { try begin() }
        }
        guard let inflater else {
            swap(&packed, &plain)
            packed.clear()
            return true
        }
        let input = packed
        // A millisecond's work: not on an event loop.
        let (used, output) = try await drive.offload { try inflater.inflate(input, upTo: Self.block) }
        guard used > 0 || output.readableBytes > 0 || input.readableBytes == 0 else { throw ArchiveError.malformed }
        packed.moveReaderIndex(forwardBy: used)
        plain = output
        return true
    }

    private func begin() throws {
        isBegun = true
        let start = [UInt8](packed.readableBytesView.prefix(10))
        if start.starts(with: [0x1F, 0x8B]) {
            inflater = try Inflater(COFFER_GZIP)
        } else if start.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
            inflater = try Inflater(COFFER_ZSTANDARD)
        } else if start.starts(with: [0xFF, 0x06, 0x00, 0x00]) || start.starts(with: Array("BZh".utf8))
            || start.starts(with: [0x04, 0x22, 0x4D, 0x18]) || start.starts(with: [0xFD, 0x37, 0x7A, 0x58])
        {
            throw S3Error(.notImplemented, "Archives are unpacked that are plain or compressed by gzip or Zstandard.")
        }
    }
}

/// One stream after another of a compression format.
///
/// `@unchecked Sendable`: it serves one call at a time.
private final class Inflater: @unchecked Sendable {
    private let handle: OpaquePointer
    private(set) var isBetweenStreams = false
    /// Whether there was no room for everything that follows from the input.
    private(set) var mayHoldMore = false

    /// - Throws: `NotImplemented` where the system has not the library for it.
    init(_ compression: coffer_compression) throws(S3Error) {
        guard let handle = coffer_inflater_new(compression) else {
            throw S3Error(.notImplemented, "The server's system has no library to unpack this archive.")
        }
        self.handle = handle
    }

    deinit { coffer_inflater_free(handle) }

    func inflate(_ input: ByteBuffer, upTo count: Int) throws -> (used: Int, output: ByteBuffer) {
        var output = ByteBufferAllocator().buffer(capacity: count)
        var used = input.readableBytes
        var state = COFFER_INFLATE_MORE
        input.withUnsafeReadableBytes { input in
            _ = output.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
                var made = count
                state = coffer_inflate(
                    handle, input.bindMemory(to: UInt8.self).baseAddress, &used,
                    target.bindMemory(to: UInt8.self).baseAddress, &made)
                return made
            }
        }
        guard state != COFFER_INFLATE_MALFORMED else { throw ArchiveError.malformed }
        mayHoldMore = output.readableBytes == count
        if used > 0 || output.readableBytes > 0 { isBetweenStreams = state == COFFER_INFLATE_END }
        return (used, output)
    }
}

enum ArchiveError {
    static let malformed = S3Error(.invalidRequest, "The archive is malformed or cut short.")
}
