import Cryptography
import HTTPClient
import Notation
import S3Protocol

extension S3Client {
    /// A part that the server has.
    struct WrittenPart: Sendable {
        let number: Int
        /// With its quotes.
        let etag: String
        let checksum: S3Checksum
        /// Bytes.
        let length: Int
    }

    /// - Returns: the upload's id.
    func beginUpload(
        _ address: ObjectAddress, headers: [(name: String, value: String)], _ encryption: WantedEncryption
    ) async throws(S3ClientError) -> String {
        let sums = [
            ("x-amz-checksum-algorithm", S3ChecksumAlgorithm.fallback.name), ("x-amz-checksum-type", "FULL_OBJECT"),
        ]
        let call = Call(
            method: .post, address: address, query: [("uploads", "")], headers: headers + sums + encryption.ofWrite)
        return try document(try await send(call), "InitiateMultipartUploadResult").text("UploadId")
    }

    /// - Parameter number: from 1.
    func writePart(
        _ number: Int, of upload: String, _ address: ObjectAddress, _ bytes: [UInt8], _ encryption: WantedEncryption
    ) async throws(S3ClientError) -> WrittenPart {
        let checksum = S3ChecksumCalculator.of(bytes, .fallback)
        let response = try await send(
            Call(
                method: .put, address: address, query: [("partNumber", "\(number)"), ("uploadId", upload)],
                headers: encryption.ofRead + [(checksum.algorithm.header, checksum.base64)], body: bytes,
                wanted: ["etag"]))
        guard let etag = response.headers["etag"] else { throw .unreadable("\(address): a part without an ETag") }
        return WrittenPart(number: number, etag: etag, checksum: checksum, length: bytes.count)
    }

    /// Makes the parts one object, whose checksum the server compares with that of the parts.
    func completeUpload(
        _ upload: String, _ address: ObjectAddress, _ parts: [WrittenPart], _ encryption: WantedEncryption
    ) async throws(S3ClientError) {
        var xml = XMLWriter(capacity: parts.count * 160)
        xml.openRoot("CompleteMultipartUpload")
        for part in parts {
            xml.open("Part")
            xml.element("PartNumber", part.number)
            xml.element("ETag", part.etag)
            xml.element(named: "Checksum\(part.checksum.algorithm.name)", part.checksum.base64)
            xml.close("Part")
        }
        xml.close("CompleteMultipartUpload")
        var headers = encryption.ofRead + [("x-amz-checksum-type", "FULL_OBJECT")]
        let whole = S3Checksum.fullObject(
            .fallback, parts: parts.map { (checksum: $0.checksum, length: UInt64($0.length)) })
        if let whole { headers.append((whole.algorithm.header, whole.base64)) }
        let response = try await send(
            Call(method: .post, address: address, query: [("uploadId", upload)], headers: headers, body: xml.bytes))
        // One that fails while it is made has been answered 200 already.
        if let refusal = Self.refusal(in: response.body, status: 500) { throw refusal }
    }

    func abortUpload(_ upload: String, _ address: ObjectAddress) async {
        // What is left of an upload that cannot be given up is swept by the server.
        _ = try? await send(Call(method: .delete, address: address, query: [("uploadId", upload)]))
    }
}
