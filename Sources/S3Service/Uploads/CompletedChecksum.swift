import ObjectStorage
import S3Protocol
import SealedStorage

/// The checksum of a multipart object, made of its parts' checksums.
enum CompletedChecksum {
    /// - Parameter declared: what the client says the object's checksum is.
    /// - Returns: `nil` when the upload announced none and the client declares none now. Raw SDK calls do that: their parts'
    ///   checksums were verified with the parts.
    /// - Throws: `InvalidPart` when a part lacks the checksum that the upload announced; `BadDigest` when `declared` is
    ///   not what comes out.
    static func of(
        _ upload: UploadRecord, _ parts: [UploadedPart], declared: DeclaredChecksum?
    ) throws(S3Error) -> StoredChecksum? {
        guard let algorithm = upload.checksum?.algorithm ?? declared?.algorithm else { return nil }
        var checksums: [(checksum: S3Checksum, length: UInt64)] = []
        for part in parts {
            guard let checksum = part.record.checksum, checksum.algorithm == algorithm else {
                guard upload.checksum != nil else { return nil }
                throw S3Error(.invalidPart)
            }
            checksums.append((checksum, UInt64(part.row.size)))
        }
        let type = upload.checksum?.type ?? algorithm.defaultType
        let value: String
        switch type {
        case .composite:
            value = S3Checksum.composite(algorithm, parts: checksums.map(\.checksum))
        case .fullObject:
            guard let whole = S3Checksum.fullObject(algorithm, parts: checksums) else { throw S3Error(.invalidRequest) }
            value = whole.base64
        }
        if let declared {
            // mc sends the checksum of checksums without its "-N".
            let accepted = [declared.value, "\(declared.value)-\(parts.count)"]
            guard declared.algorithm == algorithm, accepted.contains(value) else {
                throw S3Checksum.mismatch(declared.algorithm)
            }
        }
        return StoredChecksum(algorithm: algorithm, type: type, value: value)
    }
}

/// `x-amz-checksum-*` of a CompleteMultipartUpload: the object's, not the document's.
struct DeclaredChecksum: Sendable {
    let algorithm: S3ChecksumAlgorithm
    /// Base64, with or without `-N`.
    let value: String

    init?(_ headers: [(name: String, value: String)]) {
        for (name, value) in headers {
            if let algorithm = S3ChecksumAlgorithm(header: name) {
                self.algorithm = algorithm
                self.value = value
                return
            }
        }
        return nil
    }
}
