import Cryptography
import HTTPClient
import Notation
package import S3Protocol

extension S3Client {
    /// What a server says of an object.
    package struct ObjectHead: Sendable {
        /// Plaintext bytes.
        package let size: Int64
        /// With its quotes.
        package let etag: String
        /// The checksum of all bytes, where the server has one.
        package let checksum: S3Checksum?
        /// All headers that people ask for, by their names in lower case.
        package let headers: [String: String]
    }

    private static let wanted =
        [
            "content-length", "content-type", "etag", "last-modified", "x-amz-version-id", "x-amz-storage-class",
            "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id",
            "x-amz-server-side-encryption-context", "x-amz-server-side-encryption-bucket-key-enabled",
            "x-amz-server-side-encryption-customer-algorithm", "x-amz-checksum-type", "x-amz-object-lock-mode",
            "x-amz-object-lock-retain-until-date", "x-amz-object-lock-legal-hold", "x-amz-tagging-count",
            "x-amz-website-redirect-location", "cache-control", "content-encoding", "content-disposition",
            "content-language", "expires",
        ] + S3ChecksumAlgorithm.allCases.map(\.header)

    /// What the names of user metadata begin with in a head.
    package static let metadataPrefix = "x-amz-meta-"

    package func head(
        _ address: ObjectAddress, _ encryption: WantedEncryption = .ofBucket
    ) async throws(S3ClientError) -> ObjectHead {
        let call = Call(
            method: .head, address: address, headers: [("x-amz-checksum-mode", "ENABLED")] + encryption.ofRead,
            wanted: Self.wanted, wantedPrefix: Self.metadataPrefix)
        let response: HTTPClientResponse
        do {
            response = try await send(call)
        } catch {
            // The answer to a HEAD has no document that would say what is wrong.
            guard case .refused(let status, "", _) = error else { throw error }
            let what =
                switch status {
                case 404: "there is no such object"
                case 403: "not allowed"
                case 400: "refused; a customer's key may be missing or superfluous"
                default: "refused with status \(status)"
                }
            throw .refused(status: status, code: "\(status)", message: "\(address): \(what)")
        }
        guard let size = response.headers["content-length"].flatMap({ Int64($0) }), let etag = response.headers["etag"]
        else { throw .unreadable("\(address): an answer without length or ETag") }
        return ObjectHead(
            size: size, etag: etag, checksum: Self.wholeChecksum(response.headers), headers: response.headers)
    }

    /// The checksum in an answer's headers, if it is one of all bytes.
    private static func wholeChecksum(_ headers: [String: String]) -> S3Checksum? {
        guard headers["x-amz-checksum-type"].map({ $0 == "FULL_OBJECT" }) ?? true else { return nil }
        for algorithm in S3ChecksumAlgorithm.allCases {
            if let text = headers[algorithm.header] { return try? S3Checksum(algorithm, base64: text) }
        }
        return nil
    }

    /// Some bytes of an object, if it is still the one with that ETag.
    package func read(
        _ address: ObjectAddress, _ range: Range<Int64>, etag: String, _ encryption: WantedEncryption
    ) async throws(S3ClientError) -> [UInt8] {
        guard !range.isEmpty else { return [] }
        let response = try await send(
            Call(
                method: .get, address: address,
                headers: [("range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)"), ("if-match", etag)]
                    + encryption.ofRead,
                maxResponseBytes: range.count))
        guard response.body.count == range.count else {
            throw .damaged("\(address): \(response.body.count) bytes came of \(range.count)")
        }
        return response.body
    }

    /// Writes a whole object, with its checksum.
    ///
    /// - Parameter mayRepeat: whether it is sent again where that helps: it may then become two versions.
    package func write(
        _ address: ObjectAddress, _ bytes: [UInt8], headers: [(name: String, value: String)],
        _ encryption: WantedEncryption, mayRepeat: Bool = true
    ) async throws(S3ClientError) {
        let checksum = S3ChecksumCalculator.of(bytes, .fallback)
        _ = try await send(
            Call(
                method: .put, address: address,
                headers: headers + encryption.ofWrite + [(checksum.algorithm.header, checksum.base64)], body: bytes,
                mayRepeat: mayRepeat))
    }

    /// - Parameter mayRepeat: whether it is sent again where that helps: where there are versions, it may add two delete
    ///   markers.
    package func remove(_ address: ObjectAddress, mayRepeat: Bool = true) async throws(S3ClientError) {
        _ = try await send(Call(method: .delete, address: address, mayRepeat: mayRepeat))
    }

    /// Copies an object on the server.
    ///
    /// - Precondition: it has at most 5 GiB, S3's limit for one call.
    package func copy(
        _ source: ObjectAddress, _ sourceEncryption: WantedEncryption, to target: ObjectAddress,
        _ encryption: WantedEncryption
    ) async throws(S3ClientError) {
        let response = try await send(
            Call(
                method: .put, address: target,
                headers: [("x-amz-copy-source", source.path)] + sourceEncryption.ofCopySource + encryption.ofWrite))
        // A copy that fails while it is made has been answered 200 already.
        if let refusal = Self.refusal(in: response.body, status: 500) { throw refusal }
    }
}
