import Encryption
package import NIOCore
import ObjectStorage

/// The plaintext of an object, or of a slice of it: read, authenticated and opened block by block.
///
/// Nothing is given out before its package's tag was checked. One task at a time pulls ``next(upTo:)``.
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

        fileprivate var isInMemory: Bool {
            switch source {
            case .memory: true
            case .blob: false
            }
        }
    }

    /// Bytes that ``next(upTo:)`` will give out in all.
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

    /// The next block of plaintext, of about `count` bytes at most, in whole packages of 64 KiB; `nil` after the last.
    ///
    /// - Throws: ``Corruption`` when a package does not authenticate, `StorageError` when the file cannot be read.
    package func next(upTo count: Int) async throws -> ByteBuffer? {
        let (store, objectKey, name) = (store, objectKey, name)
        let packages = max(1, Int64(count) / Int64(PackageFormat.packageSize))
        while true {
            if let stream, !stream.isAtEnd {
                // A small read comes from the page cache in a few microseconds; a hop to another thread costs more.
                if stream.nextBlockIsSmall, let block = try stream.nextBlock(packages, .ifCached) { return block }
                let block = try await store.offload { try stream.nextBlock(packages, .waiting) }
                guard let block else { throw Corruption(what: "data of object \"\(name)\" (cut short)") }
                return block
            }
            guard let segment = segments.popFirst() else { return nil }
            if let stream = try OpenStream(segment, .ifCached, store: store, objectKey: objectKey, name: name) {
                self.stream = stream
            } else {
                let opened = try await store.offload {
                    try OpenStream(segment, .waiting, store: store, objectKey: objectKey, name: name)
                }
                guard let opened else { throw Corruption(what: "data of object \"\(name)\" (cut short)") }
                stream = opened
            }
        }
    }

    /// Everything, if that is a slice of one package in memory.
    package func wholeFromMemory() throws -> ByteBuffer? {
        guard stream == nil, !objectKey.isLayered, segments.count == 1, let segment = segments.first,
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
}

/// A stream of packages being read.
private final class OpenStream: @unchecked Sendable {
    // Unchecked: handed from the request's task to one I/O thread at a time, and back.

    private static let packageSize = Int64(PackageFormat.packageSize)

    private let segment: ObjectBody.Segment
    private let name: String
    private let source: SealedSource
    private let opener: PackageOpener
    private var position: Int64

    /// `nil` when it would have to be waited for.
    init?(
        _ segment: ObjectBody.Segment, _ reading: BlobReading, store: ObjectStore, objectKey: ObjectKey, name: String
    ) throws {
        self.segment = segment
        self.name = name
        position = segment.wanted.lowerBound
        guard let source = try SealedSource(segment, reading, store: store, objectKey: objectKey, name: name) else {
            return nil
        }
        self.source = source
        do {
            opener = try PackageOpener(
                header: source.header, objectKey: objectKey, identity: segment.identity,
                plaintextLength: segment.size)
        } catch {
            throw Corruption(what: "data of object \"\(name)\" (\(error))")
        }
    }

    /// An empty object still has one package to authenticate; it is opened when the stream is.
    var isAtEnd: Bool { position >= segment.wanted.upperBound && (segment.size > 0 || emptyPackageChecked) }
    private var emptyPackageChecked = false

    var nextBlockIsSmall: Bool {
        segment.isInMemory || segment.wanted.upperBound - position <= 2 * Self.packageSize
    }

    /// `nil`, with nothing done, when it would have to be waited for.
    func nextBlock(_ packages: Int64, _ reading: BlobReading) throws -> ByteBuffer? {
        let first = position / Self.packageSize
        let last =
            segment.size == 0
            ? 0 : min((segment.wanted.upperBound - 1) / Self.packageSize, first + packages - 1)
        let blockStart = first * Self.packageSize
        let blockEnd = min((last + 1) * Self.packageSize, segment.size)
        let sealedStart = PackageFormat.offset(ofPackage: first)
        let sealedCount = Int(blockEnd - blockStart) + Int(last - first + 1) * PackageFormat.tagSize

        var plaintext = ByteBufferAllocator().buffer(capacity: max(Int(blockEnd - blockStart), 1))
        var isRead = true
        try plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: Int(blockEnd - blockStart)) { output in
            let opened = try source.withBytes(reading, at: sealedStart, count: sealedCount) { sealed in
                do {
                    return try opener.open(sealed, firstPackage: first, into: output)
                } catch {
                    throw Corruption(what: "data of object \"\(name)\" (\(error))")
                }
            }
            isRead = opened != nil
            return opened ?? 0
        }
        guard isRead else { return nil }
        emptyPackageChecked = true
        plaintext.moveReaderIndex(forwardBy: Int(position - blockStart))
        let wantedEnd = min(blockEnd, segment.wanted.upperBound)
        let slice = plaintext.readSlice(length: Int(wantedEnd - position)) ?? ByteBuffer()
        position = wantedEnd
        return slice
    }
}
