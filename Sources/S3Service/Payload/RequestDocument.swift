import Cryptography
import HTTPServer
import NIOCore
import Requests
import S3Protocol

extension S3Request {
    /// The whole body of a request that carries a document, verified.
    ///
    /// - Parameters:
    ///   - limit: bytes; more is `MaxMessageLengthExceeded`, refused before it is read where the length is declared.
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
        // A document may come in HTTP chunks without a declared length: clients send empty ones so.
        if body.declaredLength == nil, !payload.isStreaming {
            return try await undeclaredDocument(upTo: limit)
        }
        if body.declaredLength == 0 { return [] }
        let payload = try PayloadReader(
            self, limit: Int64(limit), checksumIsOfBody: checksumIsOfBody)
        var document: [UInt8] = []
        document.reserveCapacity(Int(payload.length))
        while let bytes = try await payload.next() { document.append(contentsOf: bytes.readableBytesView) }
        return document
    }

    private func undeclaredDocument(upTo limit: Int) async throws -> [UInt8] {
        let bytes = try await body.collect(upTo: limit)
        record.bytesReceived += Int64(bytes.readableBytes)
        let document = [UInt8](bytes.readableBytesView)
        if case .sha256(let expected) = payload,
            !constantTimeEqual(Digest.hash(.sha256, document), expected)
        {
            throw S3Error(.xAmzContentSHA256Mismatch)
        }
        return document
    }
}
