import Cryptography
import MinIODrive
import NIOCore
import S3Protocol
import SealedStorage

/// The bytes of a part on another drive on their way into an object or part of this one.
///
/// Before it ends, everything has been checked that is known of them: their sums, their packages, length, MD5 and
/// checksum.
final class ImportedBytes: ByteSource, @unchecked Sendable {
    // Unchecked: owned by the one task that imports.

    private static let block = 1 << 20

    private let body: PartBody
    private let drive: SealedDrive
    private let admit: @Sendable (Int) async throws -> Void
    private let expectedMD5: String?
    private let expectedSum: S3Checksum?
    private var md5Digest: MD5Computation?
    private var calculator: S3ChecksumCalculator?
    private(set) var md5: [UInt8]?
    private(set) var checksum: S3Checksum?
    let checksumAlgorithm: S3ChecksumAlgorithm?

    /// - Parameter admit: waits until so many bytes may be read.
    init(
        _ body: PartBody, md5: String?, sum: S3Checksum?, drive: SealedDrive,
        admit: @escaping @Sendable (Int) async throws -> Void
    ) {
        self.body = body
        self.admit = admit
        self.drive = drive
        expectedMD5 = md5
        expectedSum = sum
        checksumAlgorithm = sum?.algorithm
        calculator = sum.map { S3ChecksumCalculator($0.algorithm) }
        if md5 != nil { computeMD5() }
    }

    var length: Int64 { body.size }
    var blockBytes: Int { Self.block }

    func computeMD5() {
        if md5Digest == nil { md5Digest = MD5Computation(ofBytes: body.size) }
    }

    func next() async throws -> ByteBuffer? {
        try Task.checkCancellation()
        // A hop to another thread costs more than what is in memory and short.
        let next = try await body.isAtHand ? read() : drive.offload { [self] in try read() }
        guard let next else {
            try await finish()
            return nil
        }
        try await admit(next.readableBytes)
        md5Digest?.update(next)
        await md5Digest?.settle(to: Self.block)
        return next
    }

    private func read() throws -> ByteBuffer? {
        guard let bytes = try body.next() else { return nil }
        bytes.withUnsafeBytes { calculator?.update($0) }
        return ByteBuffer(bytes: bytes)
    }

    private func finish() async throws(DriveFault) {
        if let digest = md5Digest {
            let computed = await digest.finalize()
            (md5, md5Digest) = (computed, nil)
            if let expectedMD5, Hex.encode(computed) != expectedMD5 { throw .damaged("its MD5 is not its ETag") }
        }
        if let calculator {
            let computed = calculator.finalize()
            (checksum, self.calculator) = (computed, nil)
            guard computed == expectedSum else { throw .damaged("its checksum") }
        }
    }

    /// Reads it all, for the checks alone.
    func verify() async throws {
        while try await next() != nil {}
    }
}
