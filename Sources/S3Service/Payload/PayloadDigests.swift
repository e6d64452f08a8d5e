import Cryptography
import NIOCore
import Requests
import S3Protocol
import SealedStorage

/// Everything that a request's head promises of its payload's bytes: computed while they come, compared at their end.
///
/// The one place where payloads are verified, whether a length announced them or HTTP chunks brought them, whether they
/// are gigabytes or nothing at all.
final class PayloadDigests: @unchecked Sendable {
    // Unchecked: owned by the one task that performs the request.

    /// What the checksum headers of a request are about.
    enum Checksum: Hashable {
        /// The payload.
        case ofPayload
        /// The object that the payload, a document, completes: nothing that can be checked here.
        case ofObject
    }

    private let expectedHash: [UInt8]?
    private let hash: Digest?
    private let expectedMD5: [UInt8]?
    private var md5Digest: MD5Computation?
    private let length: Int64
    private let requestedChecksum: RequestedChecksum
    private let calculator: S3ChecksumCalculator?

    /// The payload's MD5, when it was asked for; there after ``verify(trailers:)``.
    private(set) var md5: [UInt8]?
    /// The checksum that came with the payload; there after ``verify(trailers:)``.
    private(set) var checksum: S3Checksum?
    /// The algorithm of the checksum that comes with the payload; nil when none does.
    var checksumAlgorithm: S3ChecksumAlgorithm? { calculator?.algorithm }

    /// - Parameter length: of the payload, as far as it is known.
    /// - Throws: `InvalidDigest` for a Content-MD5 that is none, and the refusals of checksum headers.
    init(_ request: S3Request, _ checksum: Checksum, length: Int64) throws(S3Error) {
        self.length = length
        expectedMD5 = try Self.contentMD5(request)
        md5Digest = expectedMD5 != nil ? MD5Computation(ofBytes: length) : nil
        let algorithm: S3ChecksumAlgorithm?
        switch checksum {
        case .ofPayload:
            requestedChecksum = try RequestedChecksum(headers: request.headers)
            algorithm = requestedChecksum.algorithm
        case .ofObject:
            requestedChecksum = .none
            algorithm = nil
        }
        calculator = algorithm.map { S3ChecksumCalculator($0) }
        switch request.payload {
        case .sha256(let expected):
            expectedHash = expected
            hash = Digest(.sha256)
        case .none, .unsigned, .streamingSigned, .streamingSignedTrailer, .streamingUnsignedTrailer:
            expectedHash = nil
            hash = nil
        }
    }

    /// Asks for the MD5; before the first ``update(_:)``.
    func computeMD5() {
        if md5Digest == nil { md5Digest = MD5Computation(ofBytes: length) }
    }

    func update(_ bytes: ByteBuffer) {
        md5Digest?.update(bytes)
        bytes.withUnsafeReadableBytes {
            hash?.update($0)
            calculator?.update($0)
        }
    }

    /// Waits until no more than so many bytes are kept in memory for a digest.
    func settle(to bytes: Int) async { await md5Digest?.settle(to: bytes) }

    /// Compares the digests of all bytes with what the client said; to be called once, after the last byte.
    ///
    /// - Throws: `XAmzContentSHA256Mismatch`, `BadDigest`, and the refusals of a trailer's checksum.
    func verify(trailers: [(name: String, value: String)]) async throws(S3Error) {
        if let hash, let expectedHash, !constantTimeEqual(hash.finalize(), expectedHash) {
            throw S3Error(.xAmzContentSHA256Mismatch)
        }
        if let md5Digest {
            let digest = await md5Digest.finalize()
            if let expectedMD5, !constantTimeEqual(digest, expectedMD5) { throw S3Error(.badDigest) }
            md5 = digest
        }
        if let calculator {
            let computed = calculator.finalize()
            try requestedChecksum.expected(trailers: trailers)?.verify(computed: computed)
            checksum = computed
        }
    }

    private static func contentMD5(_ request: S3Request) throws(S3Error) -> [UInt8]? {
        guard let header = request.header("content-md5") else { return nil }
        guard let digest = Base64.decode(header), digest.count == 16 else { throw S3Error(.invalidDigest) }
        return digest
    }
}
