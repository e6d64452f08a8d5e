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
    private let digests: PayloadDigests
    private var isVerified = false

    /// The payload's MD5, 16 bytes, if the operation asked for one; `nil` until ``next()`` has given `nil`.
    var md5: [UInt8]? { digests.md5 }
    /// The checksum that came with the payload; `nil` until ``next()`` has given `nil`.
    var checksum: S3Checksum? { digests.checksum }
    var checksumAlgorithm: S3ChecksumAlgorithm? { digests.checksumAlgorithm }

    /// - Parameter limit: the most bytes this operation takes.
    /// - Throws: `MissingContentLength`, `EntityTooLarge`, `InvalidDigest`, and the refusals of checksum headers.
    init(_ request: S3Request, limit: Int64, _ checksum: PayloadDigests.Checksum = .ofPayload) throws(S3Error) {
        self.request = request
        length = try Self.length(of: request)
        remaining = length
        guard length <= limit else {
            throw S3Error(
                .entityTooLarge, details: [("ProposedSize", "\(length)"), ("MaxSizeAllowed", "\(limit)")])
        }
        digests = try PayloadDigests(request, checksum, length: length)
        decoder = try AWSChunkedDecoder(request.payload, headers: request.headers)
    }

    var blockBytes: Int { request.body.blockBytes }

    func computeMD5() { digests.computeMD5() }

    /// The next bytes of the payload, never empty; `nil` when all have come and everything was verified.
    func next() async throws -> ByteBuffer? {
        while true {
            if let bytes = decoded.popFirst() { return take(bytes) }
            await digests.settle(to: blockBytes / 2)
            guard let bytes = try await request.body.next() else {
                try await verify()
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
        digests.update(bytes)
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

    private func verify() async throws(S3Error) {
        guard !isVerified else { return }
        var trailers: [(name: String, value: String)] = []
        if decoder != nil { trailers = try decoder?.finish() ?? [] }
        guard remaining == 0 else { throw S3Error(.incompleteBody) }
        try await digests.verify(trailers: trailers)
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
}
