import Encryption
import NIOCore
import ObjectStorage
import S3Protocol

/// Seals the bytes of a source into a new body, once through.
struct BodyWriter: Sendable {
    let store: ObjectStore

    /// The body of an object: in memory when it is small enough to go into the row's transaction, else in a blob file.
    ///
    /// - Parameters:
    ///   - sum: gets all bytes, when a checksum is wanted that the source does not have.
    ///   - inlineLimit: bytes that a body in memory may have, where that is less than the drive's own limit.
    /// - Returns: the body, complete, of bytes that their source has verified.
    func write(
        _ source: some ByteSource, under key: NewObjectKey, _ sum: S3ChecksumCalculator?, inlineLimit: Int = .max
    ) async throws -> NewBody {
        let identity = StreamIdentity(versionID: key.record.identity.bytes)
        let announced = source.length
        let sealedLength = key.objectKey.sealedLength(ofPlaintext: announced)
        if sealedLength <= Int64(min(store.inlineLimit, inlineLimit)) {
            return .inline(try await seal(source, under: key.objectKey, identity, sum))
        }
        let sealer = LayeredSealer(objectKey: key.objectKey, identity: identity, plaintextLength: announced)
        let (blob, rest) = try await write(
            source, sealer: sealer, into: store.makeBlob(expectedLength: sealedLength), sum)
        guard source.length != announced else { return .file(blob) }
        return .file(
            try await reseal(blob, of: announced, rest, to: source.length, key.objectKey, identity))
    }

    /// A part of an upload: always a blob file.
    func write(
        _ source: some ByteSource, part number: UInt32, under key: ObjectKey, _ sum: S3ChecksumCalculator?
    ) async throws -> FinishedBlob {
        let blob = try store.makeBlob(expectedLength: key.sealedLength(ofPlaintext: source.length))
        // The blob's id stands in the part's stream key: another attempt at the same part is another stream.
        let sealer = LayeredSealer(
            objectKey: key, identity: StreamIdentity(versionID: blob.id.bytes, partNumber: number),
            plaintextLength: source.length)
        let (finished, rest) = try await write(source, sealer: sealer, into: blob, sum)
        precondition(rest.isEmpty, "a part's source knows its length")
        return finished
    }

    /// Bytes of a stream that is sealed already, as a blob file.
    func write(sealed bytes: [UInt8]) async throws -> FinishedBlob {
        let writer = try store.makeBlob(expectedLength: Int64(bytes.count))
        do {
            var rest = bytes[...]
            while !rest.isEmpty {
                if writer.isFull { try await writer.flush() }
                let piece = rest.prefix(writer.freeSpace.count)
                writer.freeSpace.copyBytes(from: piece)
                writer.advance(piece.count)
                rest = rest.dropFirst(piece.count)
            }
            return try await writer.finish()
        } catch {
            writer.discard()
            throw error
        }
    }

    private func write(
        _ source: some ByteSource, sealer: LayeredSealer, into writer: BlobWriter, _ sum: S3ChecksumCalculator?
    ) async throws -> (blob: FinishedBlob, beyond: [UInt8]) {
        // Bytes that the source has given beyond the length it had guessed.
        var beyond: [UInt8] = []
        do {
            while var bytes = try await source.next() {
                writer.gather(upTo: source.blockBytes)
                if Int64(bytes.readableBytes) > sealer.remainingPlaintext {
                    let fitting = bytes.readSlice(length: Int(sealer.remainingPlaintext)) ?? ByteBuffer()
                    beyond += bytes.readableBytesView
                    precondition(beyond.count <= Self.greatestBeyond, "a guessed length is too small by few bytes")
                    bytes = fitting
                }
                try await seal(bytes, sealer: sealer, into: writer, sum)
            }
            beyond.withUnsafeBytes { sum?.update($0) }
            // Only of a source that has found its end sooner than announced; else there is nothing left.
            while sealer.remainingPlaintext > 0 {
                let count = Int(min(sealer.remainingPlaintext, Self.paddingBytes))
                try await seal(ByteBuffer(repeating: 0, count: count), sealer: sealer, into: writer)
            }
            try await seal(ByteBuffer(), sealer: sealer, into: writer)
            return (try await writer.finish(), beyond)
        } catch {
            writer.discard()
            throw error
        }
    }

    private static let greatestBeyond = 64
    private static let paddingBytes: Int64 = 64 << 10

    /// Seals the bytes of a finished blob, as many as count, and those beyond it as a stream of the right length: a stream
    /// is sealed under its length.
    ///
    /// The given blob is discarded, and no byte of it is ever in the clear on the drive.
    private func reseal(
        _ blob: FinishedBlob, of announced: Int64, _ beyond: [UInt8], to length: Int64, _ key: ObjectKey,
        _ identity: StreamIdentity
    ) async throws -> FinishedBlob {
        defer { store.discard(blob) }
        let body = ObjectBody(
            store: store, objectKey: key,
            segments: [
                .init(source: .blob(blob.id), identity: identity, size: announced, wanted: 0..<min(announced, length))
            ],
            name: "", lease: nil)
        let sealer = LayeredSealer(objectKey: key, identity: identity, plaintextLength: length)
        let writer = try store.makeBlob(expectedLength: key.sealedLength(ofPlaintext: length))
        do {
            while let bytes = try await body.next(upTo: Int(Self.paddingBytes)) {
                try await seal(bytes, sealer: sealer, into: writer)
            }
            try await seal(ByteBuffer(bytes: beyond), sealer: sealer, into: writer)
            return try await writer.finish()
        } catch {
            writer.discard()
            throw error
        }
    }

    private func seal(
        _ source: some ByteSource, under key: ObjectKey, _ identity: StreamIdentity, _ sum: S3ChecksumCalculator?
    ) async throws -> [UInt8] {
        let length = source.length
        var next = try await source.next()
        // A small body mostly comes in one piece.
        if let whole = next, !key.isLayered, Int64(whole.readableBytes) == length,
            length <= Int64(PackageFormat.packageSize)
        {
            if let sum { whole.withUnsafeReadableBytes { sum.update($0) } }
            let end = try await source.next()
            precondition(end == nil, "a source gives the length it has declared")
            return whole.withUnsafeReadableBytes {
                PackageSealer.sealOnlyPackage($0, objectKey: key, identity: identity)
            }
        }
        let sealer = LayeredSealer(objectKey: key, identity: identity, plaintextLength: length)
        let sealedLength = Int(key.sealedLength(ofPlaintext: length))
        var sealed = [UInt8](repeating: 0, count: sealedLength)
        var filled = 0
        while let bytes = next {
            if let sum { bytes.withUnsafeReadableBytes { sum.update($0) } }
            filled += seal(bytes, sealer: sealer, into: &sealed, from: filled)
            next = try await source.next()
        }
        filled += seal(ByteBuffer(), sealer: sealer, into: &sealed, from: filled)
        precondition(filled == sealedLength && sealer.isFinished, "a verified source has given its declared length")
        return sealed
    }

    private func seal(_ bytes: ByteBuffer, sealer: LayeredSealer, into sealed: inout [UInt8], from: Int) -> Int {
        bytes.withUnsafeReadableBytes { plaintext in
            sealed.withUnsafeMutableBytes { output in
                sealer.seal(plaintext, into: UnsafeMutableRawBufferPointer(rebasing: output[from...])).produced
            }
        }
    }

    /// Bytes that are sealed and summed in turn: what was sealed is summed while the processor's cache still has it, which
    /// takes a third of the time that a walk of its own over a block of 1 MiB takes.
    private static let cachedBytes = 32 << 10

    /// Seals straight into the writer's aligned buffers; suspends while both are with the disk.
    private func seal(
        _ bytes: ByteBuffer, sealer: LayeredSealer, into writer: BlobWriter, _ sum: S3ChecksumCalculator? = nil
    ) async throws {
        var rest = bytes
        repeat {
            if writer.isFull { try await writer.flush() }
            let consumed = rest.withUnsafeReadableBytes { plaintext in
                let piece = sum == nil ? plaintext : .init(rebasing: plaintext.prefix(Self.cachedBytes))
                let (consumed, produced) = sealer.seal(piece, into: writer.freeSpace)
                writer.advance(produced)
                sum?.update(.init(rebasing: piece[..<consumed]))
                return consumed
            }
            rest.moveReaderIndex(forwardBy: consumed)
        } while rest.readableBytes > 0 || (sealer.remainingPlaintext == 0 && !sealer.isFinished)
    }
}
