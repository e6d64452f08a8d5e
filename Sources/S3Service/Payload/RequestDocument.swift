import HTTPServer
import NIOCore
import Requests
import S3Protocol

extension S3Request {
    /// The whole body of a request that carries a document, verified; an empty one too, in which the request may have had
    /// something else.
    ///
    /// - Parameters:
    ///   - limit: bytes; more is refused, before it is read where the length is declared.
    ///   - requiresDigest: whether `Content-MD5` or a checksum must come with it, as AWS demands for DeleteObjects.
    ///   - checksumIsOfBody: false for CompleteMultipartUpload, where the header is the object's checksum.
    func document(
        upTo limit: Int, requiresDigest: Bool = false, checksumIsOfBody: Bool = true
    ) async throws -> [UInt8] {
        if requiresDigest, header("content-md5") == nil,
            try RequestedChecksum(headers: headers) == .none
        {
            throw S3Error(
                .missingContentMD5, "Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
        }
        let checksum = checksumIsOfBody ? PayloadDigests.Checksum.ofPayload : .ofObject
        return try await payload.isStreaming
            ? framedDocument(upTo: limit, checksum) : plainDocument(upTo: limit, checksum)
    }

    private func framedDocument(upTo limit: Int, _ checksum: PayloadDigests.Checksum) async throws -> [UInt8] {
        body.willBeGathered(upTo: limit)
        let payload = try PayloadReader(self, limit: Int64(limit), checksum)
        var document: [UInt8] = []
        document.reserveCapacity(Int(payload.length))
        while let bytes = try await payload.next() { document.append(contentsOf: bytes.readableBytesView) }
        return document
    }

    /// A document needs no length: clients send empty ones in HTTP chunks, or without a `Content-Length`.
    private func plainDocument(upTo limit: Int, _ checksum: PayloadDigests.Checksum) async throws -> [UInt8] {
        let digests = try PayloadDigests(self, checksum, length: 0)
        if let declared = body.declaredLength, declared > Int64(limit) {
            throw S3Error(
                .entityTooLarge, details: [("ProposedSize", "\(declared)"), ("MaxSizeAllowed", "\(limit)")])
        }
        body.willBeGathered(upTo: limit)
        var document: [UInt8] = []
        while let bytes = try await body.next() {
            record.bytesReceived += Int64(bytes.readableBytes)
            guard document.count + bytes.readableBytes <= limit else { throw BodyError.tooLarge }
            digests.update(bytes)
            document.append(contentsOf: bytes.readableBytesView)
        }
        if let declared = body.declaredLength, declared != Int64(document.count) { throw S3Error(.incompleteBody) }
        try await digests.verify(trailers: [])
        return document
    }
}
