import Encryption
import NIOCore
import ObjectStorage
import S3Protocol

/// Seals a request's payload into a new body: in memory when it is small enough to go into the row's transaction, into
/// a blob file otherwise.
///
/// The payload flows once.
struct ObjectBodyWriter {
    let store: ObjectStore

    /// - Parameter inline: whether a small body may be kept in memory. Parts of an upload are always files.
    /// - Returns: the body, complete and verified: payload hash, chunk signatures, trailer, Content-MD5, checksum, length.
    func write(
        _ payload: PayloadReader, sealer: PackageSealer, length: Int64, inline: Bool = true, blob: BlobWriter? = nil
    ) async throws -> NewBody {
        let sealedLength = PackageFormat.sealedLength(ofPlaintext: length)
        if inline, sealedLength <= Int64(store.inlineLimit) {
            return .inline(try await seal(payload, sealer: sealer, sealedLength: Int(sealedLength)))
        }
        let writer = try blob ?? store.makeBlob(expectedLength: sealedLength)
        do {
            while let bytes = try await payload.next() {
                try await seal(bytes, sealer: sealer, into: writer)
            }
            try await seal(ByteBuffer(), sealer: sealer, into: writer)
            return .file(try await writer.finish())
        } catch {
            writer.discard()
            throw error
        }
    }

    private func seal(_ payload: PayloadReader, sealer: PackageSealer, sealedLength: Int) async throws -> [UInt8] {
        var sealed = [UInt8](repeating: 0, count: sealedLength)
        var filled = 0
        while let bytes = try await payload.next() {
            filled += seal(bytes, sealer: sealer, into: &sealed, from: filled)
        }
        filled += seal(ByteBuffer(), sealer: sealer, into: &sealed, from: filled)
        precondition(filled == sealedLength && sealer.isFinished, "a verified payload has its declared length")
        return sealed
    }

    private func seal(_ bytes: ByteBuffer, sealer: PackageSealer, into sealed: inout [UInt8], from: Int) -> Int {
        bytes.withUnsafeReadableBytes { plaintext in
            sealed.withUnsafeMutableBytes { output in
                sealer.seal(plaintext, into: UnsafeMutableRawBufferPointer(rebasing: output[from...])).produced
            }
        }
    }

    /// Seals straight into the writer's aligned buffers; suspends while both are with the disk.
    private func seal(_ bytes: ByteBuffer, sealer: PackageSealer, into writer: BlobWriter) async throws {
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
