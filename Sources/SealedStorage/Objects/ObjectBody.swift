import Encryption
package import NIOCore
import ObjectStorage

/// The plaintext of an object, or of a slice of it: read, authenticated and opened block by block.
///
/// Nothing is given out before its package's tag was checked. One task at a time pulls ``next()``.
package final class ObjectBody: @unchecked Sendable {
    // Unchecked: owned by the one task that streams the response; `next` is never called concurrently.

    /// One stream of packages and the plaintext bytes wanted of it.
    struct Segment: Sendable {
        enum Source {
            case memory([UInt8])
            case blob(BlobID)
        }

        let source: Source
        let identity: StreamIdentity
        /// Plaintext bytes of the whole stream.
        let size: Int64
        /// The wanted bytes of the stream's plaintext.
        let wanted: Range<Int64>
    }

    /// Bytes that ``next()`` will give out in all.
    package let length: Int64
    /// What errors call the object: its key.
    let name: String

    private let store: ObjectStore
    private let objectKey: ObjectKey
    private var segments: ArraySlice<Segment>
    private var stream: OpenStream?
    /// Keeps blob files of overwritten or deleted objects until the last byte is read.
    private let lease: ReadLease?

    init(
        store: ObjectStore, objectKey: ObjectKey, segments: [Segment], name: String, lease: ReadLease?
    ) {
        self.store = store
        self.objectKey = objectKey
        self.segments = segments[...]
        self.name = name
        self.lease = lease
        length = segments.reduce(0) { $0 + Int64($1.wanted.count) }
    }

    /// The next block of plaintext, at most ``blockPackages`` packages; `nil` after the last.
    ///
    /// - Throws: ``Corruption`` when a package does not authenticate, `StorageError` when the file cannot be read.
    package func next() async throws -> ByteBuffer? {
        guard let stream = try current() else { return nil }
        // A small read comes from the page cache in a few microseconds; a hop to another thread costs more.
        if stream.nextBlockIsSmall { return try stream.nextBlock() }
        return try await store.offload { try stream.nextBlock() }
    }

    /// Everything, if that is a slice of one package in memory.
    package func wholeFromMemory() throws -> ByteBuffer? {
        guard stream == nil, segments.count == 1, let segment = segments.first,
            case .memory(let sealed) = segment.source, segment.size <= PackageFormat.packageSize
        else { return nil }
        segments = []
        let size = Int(segment.size)
        var plaintext = ByteBufferAllocator().buffer(capacity: max(size, 1))
        do {
            try plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { output in
                try sealed.withUnsafeBytes { sealed in
                    try PackageOpener.openOnlyPackage(
                        of: sealed, objectKey: objectKey, identity: segment.identity, plaintextLength: segment.size,
                        into: UnsafeMutableRawBufferPointer(rebasing: output[..<size]))
                }
                return size
            }
        } catch {
            throw Corruption(what: "data of object \"\(name)\" (\(error))")
        }
        plaintext.moveReaderIndex(to: Int(segment.wanted.lowerBound))
        return plaintext.readSlice(length: segment.wanted.count)
    }

    /// The stream that has the next bytes.
    private func current() throws -> OpenStream? {
        while true {
            if let stream, !stream.isAtEnd { return stream }
            guard let segment = segments.popFirst() else { return nil }
            stream = try OpenStream(segment, store: store, objectKey: objectKey, name: name)
        }
    }
}

/// A stream of packages being read.
private final class OpenStream: @unchecked Sendable {
    // Unchecked: handed from the request's task to one I/O thread at a time, and back.

    private static let blockPackages: Int64 = 8
    private static let packageSize = Int64(PackageFormat.packageSize)

    private let segment: ObjectBody.Segment
    private let name: String
    private let reader: BlobReader?
    private let opener: PackageOpener
    private var position: Int64

    init(_ segment: ObjectBody.Segment, store: ObjectStore, objectKey: ObjectKey, name: String) throws {
        self.segment = segment
        self.name = name
        position = segment.wanted.lowerBound
        var header: [UInt8]
        switch segment.source {
        case .memory(let sealed):
            reader = nil
            header = [UInt8](sealed.prefix(PackageFormat.headerSize))
        case .blob(let blob):
            let reader: BlobReader
            do {
                reader = try store.openBlob(blob)
            } catch {
                throw Corruption(what: "data of object \"\(name)\" (blob \(blob.hex): \(error))")
            }
            guard reader.length == PackageFormat.sealedLength(ofPlaintext: segment.size) else {
                throw Corruption(what: "data of object \"\(name)\" (blob \(blob.hex) has \(reader.length) bytes)")
            }
            header = [UInt8](repeating: 0, count: PackageFormat.headerSize)
            _ = try header.withUnsafeMutableBytes { try reader.read(at: 0, into: $0) }
            self.reader = reader
        }
        do {
            opener = try PackageOpener(
                header: header, objectKey: objectKey, identity: segment.identity, plaintextLength: segment.size)
        } catch {
            throw Corruption(what: "data of object \"\(name)\" (\(error))")
        }
    }

    /// An empty object still has one package to authenticate; it is opened when the stream is.
    var isAtEnd: Bool { position >= segment.wanted.upperBound && (segment.size > 0 || emptyPackageChecked) }
    private var emptyPackageChecked = false

    var nextBlockIsSmall: Bool {
        reader == nil || segment.wanted.upperBound - position <= 2 * Self.packageSize
    }

    func nextBlock() throws -> ByteBuffer {
        let first = position / Self.packageSize
        let last =
            segment.size == 0
            ? 0 : min((segment.wanted.upperBound - 1) / Self.packageSize, first + Self.blockPackages - 1)
        let blockStart = first * Self.packageSize
        let blockEnd = min((last + 1) * Self.packageSize, segment.size)
        let sealedStart = PackageFormat.offset(ofPackage: first)
        let sealedCount = Int(blockEnd - blockStart) + Int(last - first + 1) * PackageFormat.tagSize

        var plaintext = ByteBufferAllocator().buffer(capacity: max(Int(blockEnd - blockStart), 1))
        try plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: Int(blockEnd - blockStart)) { output in
            try withSealedBytes(at: sealedStart, count: sealedCount) { sealed in
                do {
                    return try opener.open(sealed, firstPackage: first, into: output)
                } catch {
                    throw Corruption(what: "data of object \"\(name)\" (\(error))")
                }
            }
        }
        emptyPackageChecked = true
        plaintext.moveReaderIndex(forwardBy: Int(position - blockStart))
        let wantedEnd = min(blockEnd, segment.wanted.upperBound)
        let slice = plaintext.readSlice(length: Int(wantedEnd - position)) ?? ByteBuffer()
        position = wantedEnd
        return slice
    }

    private func withSealedBytes<R>(
        at offset: Int64, count: Int, _ body: (UnsafeRawBufferPointer) throws -> R
    ) throws -> R {
        switch segment.source {
        case .memory(let sealed):
            guard Int(offset) + count <= sealed.count else {
                throw Corruption(what: "data of object \"\(name)\" (cut short)")
            }
            return try sealed.withUnsafeBytes {
                try body(UnsafeRawBufferPointer(rebasing: $0[Int(offset)..<Int(offset) + count]))
            }
        case .blob:
            return try withUnsafeTemporaryAllocation(byteCount: count, alignment: 64) { sealed in
                guard let reader, try reader.read(at: offset, into: sealed) == count else {
                    throw Corruption(what: "data of object \"\(name)\" (cut short)")
                }
                return try body(UnsafeRawBufferPointer(sealed))
            }
        }
    }
}
