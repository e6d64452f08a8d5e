import Encryption
import Glibc
import ObjectStorage

/// Reference (c): one thread a connection that only receives, seals and writes (PUT), or reads, opens and sends (GET).
///
/// It uses plain sockets and the server's own sealer and blob files; all of HTTP, S3, keys and catalogue is left out.
final class BlobPipeline: Sendable {
    private let store: ObjectStore
    private let size: Int
    private let objectKey = ObjectKey()
    private let identity = StreamIdentity(versionID: VersionID().bytes)
    /// What every GET reads.
    private let stored: BlobReader

    /// - Parameter size: plaintext bytes of every upload and of the one blob that all downloads read.
    init(directory: String, size: Int) async throws {
        store = try ObjectStore.open(directory)
        self.size = size
        let upload = try Upload(store: store, size: size, objectKey: objectKey, identity: identity)
        let zeros = [UInt8](repeating: 0, count: 256 * 1024)
        var remaining = size
        while remaining > 0 {
            let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: min(remaining, zeros.count), alignment: 64)
            defer { piece.deallocate() }
            piece.copyBytes(from: zeros.prefix(piece.count))
            try await upload.take(UnsafeRawBufferPointer(piece))
            remaining -= piece.count
        }
        // The open file stays readable; its name is not needed.
        let blob = try await upload.finish()
        stored = try store.openBlob(blob.id)
        store.discard(blob)
    }

    /// Serves until the process is killed.
    func serve(_ listener: borrowing ListeningSocket) {
        while true {
            let descriptor = accept(listener.descriptor, nil, nil)
            guard descriptor >= 0 else { continue }
            Task(executorPreference: ConnectionThread()) { try await self.serve(descriptor) }
        }
    }

    private func serve(_ descriptor: Int32) async throws {
        let connection = PlainConnection(descriptor)
        while let received = connection.receive(), let end = PlainConnection.endOfHead(in: received) {
            if received[0] == UInt8(ascii: "P") {
                let upload = try Upload(store: store, size: size, objectKey: objectKey, identity: identity)
                try await upload.take(UnsafeRawBufferPointer(rebasing: received[end...]))
                while upload.remaining > 0, let more = connection.receive() { try await upload.take(more) }
                guard upload.remaining == 0 else { return }
                store.discard(try await upload.finish())
                guard connection.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n") else { return }
            } else {
                guard connection.send("HTTP/1.1 200 OK\r\ncontent-length: \(size)\r\n\r\n"), try download(connection)
                else { return }
            }
        }
    }

    /// Reads, opens and sends the stored blob; false when the client has gone.
    private func download(_ connection: borrowing PlainConnection) throws -> Bool {
        let length = Int64(size)
        var header = [UInt8](repeating: 0, count: PackageFormat.headerSize)
        _ = try header.withUnsafeMutableBytes { buffer throws(StorageError) in try stored.read(at: 0, into: buffer) }
        let opener = try PackageOpener(
            header: header, objectKey: objectKey, identity: identity, plaintextLength: length)
        // Four packages at a time stay in the second-level cache between the three steps.
        let atOnce: Int64 = 4
        let sealed = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Int(atOnce) * PackageFormat.sealedPackageSize, alignment: 4096)
        let opened = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Int(atOnce) * PackageFormat.packageSize, alignment: 4096)
        defer {
            sealed.deallocate()
            opened.deallocate()
        }
        let packages = PackageFormat.packageCount(ofPlaintext: length)
        for first in stride(from: 0, to: packages, by: Int(atOnce)) {
            let range = PackageFormat.sealedRange(
                ofPackages: first..<min(first + atOnce, packages), ofPlaintext: length)
            let target = UnsafeMutableRawBufferPointer(rebasing: sealed[..<Int(range.upperBound - range.lowerBound)])
            _ = try stored.read(at: range.lowerBound, into: target)
            let count = try opener.open(UnsafeRawBufferPointer(target), firstPackage: first, into: opened)
            guard connection.send(UnsafeRawBufferPointer(rebasing: opened[..<count])) else { return false }
        }
        return true
    }

    /// One upload on its way into a blob file.
    private struct Upload {
        private let sealer: PackageSealer
        private let writer: BlobWriter

        var remaining: Int64 { sealer.remainingPlaintext }

        init(store: ObjectStore, size: Int, objectKey: ObjectKey, identity: StreamIdentity) throws {
            sealer = PackageSealer(objectKey: objectKey, identity: identity, plaintextLength: Int64(size))
            writer = try store.makeBlob(expectedLength: PackageFormat.sealedLength(ofPlaintext: Int64(size)))
        }

        func take(_ plaintext: UnsafeRawBufferPointer) async throws {
            var rest = plaintext
            while !rest.isEmpty || (remaining == 0 && !sealer.isFinished) {
                let (consumed, produced) = sealer.seal(rest, into: writer.freeSpace)
                writer.advance(produced)
                rest = UnsafeRawBufferPointer(rebasing: rest[consumed...])
                if writer.isFull { try await writer.flush() }
            }
        }

        func finish() async throws -> FinishedBlob { try await writer.finish() }
    }
}
