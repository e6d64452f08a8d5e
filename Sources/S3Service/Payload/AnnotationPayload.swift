import HTTPServer
import NIOCore
import S3Protocol
import SealedStorage

/// The payload of an annotation: text in UTF-8 of at most 1 MiB, whole in memory before any of it is given out.
final class AnnotationPayload: ByteSource, @unchecked Sendable {
    // Unchecked: owned by the one task that performs the request.

    /// Bytes; AWS's own limit.
    static let maximum: Int64 = 1 << 20

    private let payload: PayloadReader
    private var isGiven = false

    /// - Throws: as the reader of a payload; `InvalidRequest` for an empty one.
    init(_ request: S3Request) throws(S3Error) {
        payload = try PayloadReader(request, limit: Self.maximum)
        guard payload.length > 0 else { throw S3Error(.invalidRequest, "An annotation must have at least one byte.") }
        request.body.willBeGathered(upTo: Int(Self.maximum))
    }

    var length: Int64 { payload.length }
    var blockBytes: Int { payload.blockBytes }
    var md5: [UInt8]? { payload.md5 }
    var checksum: S3Checksum? { payload.checksum }
    var checksumAlgorithm: S3ChecksumAlgorithm? { payload.checksumAlgorithm }

    func computeMD5() { payload.computeMD5() }

    /// - Throws: `UnsupportedMediaType` for what is no UTF-8, besides what the reader does.
    func next() async throws -> ByteBuffer? {
        guard !isGiven else { return nil }
        isGiven = true
        var text = ByteBufferAllocator().buffer(capacity: Int(length))
        while let bytes = try await payload.next() { text.writeImmutableBuffer(bytes) }
        guard String(validating: text.readableBytesView, as: UTF8.self) != nil else {
            throw S3Error(.unsupportedMediaType)
        }
        return text
    }
}
