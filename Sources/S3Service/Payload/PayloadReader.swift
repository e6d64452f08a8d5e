import Cryptography
import HTTPServer
import NIOCore
import Requests
import S3Protocol
import SealedStorage

/// The payload of an upload: the request's body without its framing, verified in every way the request promises.
///
/// One task pulls ``next()`` until it gives `nil`; only then has everything been checked: payload hash, chunk and trailer
/// signatures, Content-MD5, checksum, decoded length. Until then nothing made of it may become visible.
final class PayloadReader: ByteSource, @unchecked Sendable {
    // Unchecked: owned by the one task that performs the request.

    /// Bytes of the payload, known before the first arrives.
    let length: Int64

    private let request: S3Request
    private var decoder: AWSChunkedDecoder?
    private var decoded: ArraySlice<ByteBuffer> = []
    private var remaining: Int64
    private let expectedHash: [UInt8]?
    private let hash: Digest?
    private let expectedMD5: [UInt8]?
    private var md5Digest: Digest?
    private let requestedChecksum: RequestedChecksum
    private let calculator: S3ChecksumCalculator?
    private var isVerified = false

    /// The payload's MD5, when it was asked for.
    ///
    /// There after ``next()`` gave `nil`.
    private(set) var md5: [UInt8]?
    /// The checksum that came with the payload.
    ///
    /// There after ``next()`` gave `nil`.
    private(set) var checksum: S3Checksum?

    /// - Parameters:
    ///   - limit: the most bytes this operation takes.
    /// - Throws: `MissingContentLength`, `EntityTooLarge`, `InvalidDigest`, and the refusals of checksum headers.
    init(_ request: S3Request, limit: Int64, checksumIsOfBody: Bool = true) throws(S3Error) {
        self.request = request
        length = try Self.length(of: request)
        remaining = length
        guard length <= limit else {
            throw S3Error(
                .entityTooLarge, details: [("ProposedSize", "\(length)"), ("MaxSizeAllowed", "\(limit)")])
        }
        expectedMD5 = try Self.contentMD5(request)
        md5Digest = expectedMD5 != nil ? Digest(.md5) : nil
        requestedChecksum = checksumIsOfBody ? try RequestedChecksum(headers: request.headers) : .none
        calculator = requestedChecksum.algorithm.map { S3ChecksumCalculator($0) }
        switch request.payload {
        case .sha256(let expected):
            expectedHash = expected
            hash = Digest(.sha256)
        case .none, .unsigned:
            expectedHash = nil
            hash = nil
        case .streamingSigned, .streamingSignedTrailer, .streamingUnsignedTrailer:
            expectedHash = nil
            hash = nil
            decoder = try AWSChunkedDecoder(request.payload, headers: request.headers)
        }
    }

    func computeMD5() {
        if md5Digest == nil { md5Digest = Digest(.md5) }
    }

    /// The next bytes of the payload, never empty; `nil` when all have come and everything was verified.
    func next() async throws -> ByteBuffer? {
        while true {
            if let bytes = decoded.popFirst() { return take(bytes) }
            guard let bytes = try await request.body.next() else {
                try verify()
                return nil
            }
            request.record.bytesReceived += Int64(bytes.readableBytes)
            guard bytes.readableBytes > 0 else { continue }
            guard decoder != nil else {
                guard Int64(bytes.readableBytes) <= remaining else { throw S3Error(.excessData) }
                return take(bytes)
            }
            decoded = try decode(bytes)[...]
        }
    }

    private func take(_ bytes: ByteBuffer) -> ByteBuffer {
        remaining -= Int64(bytes.readableBytes)
        bytes.withUnsafeReadableBytes { bytes in
            hash?.update(bytes)
            md5Digest?.update(bytes)
            calculator?.update(bytes)
        }
        return bytes
    }

    /// The payload slices of a piece of an aws-chunked body: no byte is copied.
    private func decode(_ bytes: ByteBuffer) throws(S3Error) -> [ByteBuffer] {
        var slices: [ByteBuffer] = []
        try bytes.withUnsafeReadableBytes { (input) throws(S3Error) in
            try decoder?.decode(input) { (chunk) throws(S3Error) in
                guard let start = input.baseAddress, let chunkStart = chunk.baseAddress, !chunk.isEmpty else { return }
                if let slice = bytes.getSlice(at: bytes.readerIndex + (chunkStart - start), length: chunk.count) {
                    slices.append(slice)
                }
            }
        }
        return slices
    }

    private func verify() throws(S3Error) {
        guard !isVerified else { return }
        var trailers: [(name: String, value: String)] = []
        if decoder != nil { trailers = try decoder?.finish() ?? [] }
        guard remaining == 0 else { throw S3Error(.incompleteBody) }
        if let hash, let expectedHash, !constantTimeEqual(hash.finalize(), expectedHash) {
            throw S3Error(.xAmzContentSHA256Mismatch)
        }
        if let md5Digest {
            let digest = md5Digest.finalize()
            if let expectedMD5, !constantTimeEqual(digest, expectedMD5) { throw S3Error(.badDigest) }
            md5 = digest
        }
        if let calculator {
            let computed = calculator.finalize()
            try requestedChecksum.expected(trailers: trailers)?.verify(computed: computed)
            checksum = computed
        }
        isVerified = true
    }

    /// `x-amz-decoded-content-length` of a chunked stream, else `Content-Length`.
    ///
    /// S3 takes no body of unknown length.
    private static func length(of request: S3Request) throws(S3Error) -> Int64 {
        if request.payload.isStreaming {
            return try AWSChunkedDecoder.decodedLength(request.headers)
        }
        guard let length = request.body.declaredLength else { throw S3Error(.missingContentLength) }
        guard length > 0 || request.header("content-length") != nil || request.head.versionMinor == 0 else {
            throw S3Error(.missingContentLength)
        }
        return length
    }

    private static func contentMD5(_ request: S3Request) throws(S3Error) -> [UInt8]? {
        guard let header = request.header("content-md5") else { return nil }
        guard let digest = Base64.decode(header), digest.count == 16 else { throw S3Error(.invalidDigest) }
        return digest
    }
}
