import Encryption
import ObjectStorage

/// Whether bytes that are not in the page cache are waited for.
enum BlobReading {
    case waiting
    /// On an event loop, which must not wait for a device.
    case ifCached
}

/// Where the bytes of one package stream are at rest: in memory or in a file, and perhaps inside another stream (DSSE-KMS).
struct SealedSource {
    private let source: ObjectBody.Segment.Source
    private let reader: BlobReader?
    /// What errors call the object: its key.
    private let name: String
    /// The layer around the stream, where there are two.
    private var outer: LayeredOpener?
    /// The first bytes of the stream.
    private(set) var header: [UInt8] = []

    /// `nil` when it would have to be waited for.
    ///
    /// - Throws: ``Corruption``, `StorageError`.
    init?(
        _ segment: ObjectBody.Segment, _ reading: BlobReading, store: ObjectStore, objectKey: ObjectKey, name: String
    ) throws {
        source = segment.source
        self.name = name
        switch segment.source {
        case .memory: reader = nil
        case .blob(let blob):
            let reader: BlobReader
            do {
                switch reading {
                case .waiting: reader = try store.openBlob(blob)
                case .ifCached:
                    guard let cached = try store.openBlobIfCached(blob) else { return nil }
                    reader = cached
                }
            } catch .blobMissing {
                throw Corruption(what: "data of object \"\(name)\" (blob \(blob.hex) is missing)")
            }
            guard reader.length == objectKey.sealedLength(ofPlaintext: segment.size) else {
                throw Corruption(what: "data of object \"\(name)\" (blob \(blob.hex) has \(reader.length) bytes)")
            }
            self.reader = reader
        }
        guard try readHeader(reading) else { return nil }
        do {
            outer = try LayeredOpener(
                header: header, objectKey: objectKey, identity: segment.identity, plaintextLength: segment.size)
        } catch {
            throw Corruption(what: "data of object \"\(name)\" (\(error))")
        }
        if outer != nil { guard try readHeader(reading) else { return nil } }
    }

    /// The stream's own header: the inner one's once the outer layer is known.
    private mutating func readHeader(_ reading: BlobReading) throws -> Bool {
        guard let bytes = try withBytes(reading, at: 0, count: PackageFormat.headerSize, { [UInt8]($0) }) else {
            return false
        }
        header = bytes
        return true
    }

    /// Lends bytes of the stream, sealed as they are; nil, with nothing done, when they would have to be waited for.
    func withBytes<R>(
        _ reading: BlobReading, at offset: Int64, count: Int, _ body: (UnsafeRawBufferPointer) throws -> R
    ) throws -> R? {
        guard let outer else { return try withStoredBytes(reading, at: offset, count: count, body) }
        let wanted = offset..<offset + Int64(count)
        guard let place = outer.place(of: wanted) else { throw cut }
        return try withStoredBytes(reading, at: place.lowerBound, count: place.count) { stored in
            do {
                return try outer.withInner(wanted, of: stored, body)
            } catch let error as PackageStreamError {
                throw Corruption(what: "data of object \"\(name)\" (outer layer: \(error))")
            }
        }
    }

    private func withStoredBytes<R>(
        _ reading: BlobReading, at offset: Int64, count: Int, _ body: (UnsafeRawBufferPointer) throws -> R
    ) throws -> R? {
        switch source {
        case .memory(let sealed):
            guard Int(offset) + count <= sealed.count else { throw cut }
            return try sealed.withUnsafeBytes {
                try body(UnsafeRawBufferPointer(rebasing: $0[Int(offset)..<Int(offset) + count]))
            }
        case .blob:
            return try withUnsafeTemporaryAllocation(byteCount: count, alignment: 64) { sealed in
                guard let reader else { throw cut }
                guard let read = try reader.read(reading, at: offset, into: sealed) else { return nil }
                guard read == count else { throw cut }
                return try body(UnsafeRawBufferPointer(sealed))
            }
        }
    }

    private var cut: Corruption { Corruption(what: "data of object \"\(name)\" (cut short)") }
}

extension BlobReader {
    fileprivate func read(
        _ reading: BlobReading, at offset: Int64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(StorageError) -> Int? {
        switch reading {
        case .waiting: try read(at: offset, into: buffer)
        case .ifCached: try readIfCached(at: offset, into: buffer)
        }
    }
}
