import Encryption
import NIOCore
import ObjectStorage

/// Seals the bytes of a source into a new body, once through.
struct BodyWriter: Sendable {
    let store: ObjectStore

    /// The body of an object: in memory when it is small enough to go into the row's transaction, else in a blob file.
    ///
    /// - Parameter inlineLimit: bytes that a body in memory may have, where that is less than the drive's own limit.
    /// - Returns: the body, complete, of bytes that their source has verified.
    func write(
        _ source: some ByteSource, under key: NewObjectKey, inlineLimit: Int = .max
    ) async throws -> NewBody {
        let sealer = LayeredSealer(
            objectKey: key.objectKey, identity: StreamIdentity(versionID: key.record.identity.bytes),
            plaintextLength: source.length)
        let sealedLength = key.objectKey.sealedLength(ofPlaintext: source.length)
        if sealedLength <= Int64(min(store.inlineLimit, inlineLimit)) {
            return .inline(try await seal(source, sealer: sealer, sealedLength: Int(sealedLength)))
        }
        return .file(try await write(source, sealer: sealer, into: store.makeBlob(expectedLength: sealedLength)))
    }

    /// A part of an upload: always a blob file.
    func write(_ source: some ByteSource, part number: UInt32, under key: ObjectKey) async throws -> FinishedBlob {
        let blob = try store.makeBlob(expectedLength: key.sealedLength(ofPlaintext: source.length))
        // The blob's id stands in the part's stream key: another attempt at the same part is another stream.
        let sealer = LayeredSealer(
            objectKey: key, identity: StreamIdentity(versionID: blob.id.bytes, partNumber: number),
            plaintextLength: source.length)
        return try await write(source, sealer: sealer, into: blob)
    }

    private func write(
        _ source: some ByteSource, sealer: LayeredSealer, into writer: BlobWriter
    ) async throws -> FinishedBlob {
        do {
            while let bytes = try await source.next() {
                writer.gather(upTo: source.blockBytes)
                try await seal(bytes, sealer: sealer, into: writer)
            }
            try await seal(ByteBuffer(), sealer: sealer, into: writer)
            return try await writer.finish()
        } catch {
            writer.discard()
            throw error
        }
    }

    private func seal(_ source: some ByteSource, sealer: LayeredSealer, sealedLength: Int) async throws -> [UInt8] {
        var sealed = [UInt8](repeating: 0, count: sealedLength)
        var filled = 0
        while let bytes = try await source.next() {
            filled += seal(bytes, sealer: sealer, into: &sealed, from: filled)
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

    /// Seals straight into the writer's aligned buffers; suspends while both are with the disk.
    private func seal(_ bytes: ByteBuffer, sealer: LayeredSealer, into writer: BlobWriter) async throws {
        var rest = bytes
        repeat {
            if writer.isFull { try await writer.flush() }
            let consumed = rest.withUnsafeReadableBytes { plaintext in
                let (consumed, produced) = sealer.seal(plaintext, into: writer.freeSpace)
                writer.advance(produced)
                return consumed
            }
            rest.moveReaderIndex(forwardBy: consumed)
        } while rest.readableBytes > 0 || (sealer.remainingPlaintext == 0 && !sealer.isFinished)
    }
}
