import ObjectStorage
import S3Protocol
import SealedStorage

/// The checksum of a multipart object, made of its parts' checksums.
enum CompletedChecksum {
    /// Checks what the client declares of the object.
    ///
    /// Of an upload that announced none it is the server's own, and one declared for the object now is ignored, as on AWS.
    ///
    /// - Returns: `nil` when a part was written by a release that did not compute the server's own.
    /// - Throws: `InvalidRequest` when the object is not of the size, type or algorithm declared; `InvalidPart` when a part
    ///   lacks the checksum that the upload announced; `BadDigest` when the value declared is not what comes out.
    static func of(
        _ upload: UploadRecord, _ parts: [UploadedPart], declared: DeclaredObject
    ) throws(S3Error) -> StoredChecksum? {
        let size = parts.reduce(0) { $0 + $1.row.size }
        if let declaredSize = declared.size, declaredSize != size {
            throw S3Error(
                .invalidRequest,
                "The provided 'x-amz-mp-object-size' header value \(declaredSize) does not match what was computed: "
                    + "\(size)")
        }
        // Without an algorithm announced an object's checksum would be of the whole.
        let type = upload.checksum?.type ?? .fullObject
        guard declared.type == nil || declared.type == type else {
            throw S3Error(
                .invalidRequest,
                "The upload was created using the \(type.rawValue) checksum mode. "
                    + "The complete request must use the same checksum mode.")
        }
        let algorithm = upload.checksum?.algorithm ?? .fallback
        var checksums: [(checksum: S3Checksum, length: UInt64)] = []
        checksums.reserveCapacity(parts.count)
        for part in parts {
            guard let checksum = part.record.checksum(of: algorithm) else {
                guard upload.checksum == nil else { throw S3Error(.invalidPart) }
                return nil
            }
            checksums.append((checksum, UInt64(part.row.size)))
        }
        let value: String
        switch type {
        case .composite:
            value = S3Checksum.composite(algorithm, parts: checksums.map(\.checksum))
        case .fullObject:
            guard let whole = S3Checksum.fullObject(algorithm, parts: checksums) else { throw S3Error(.invalidRequest) }
            value = whole.base64
        }
        if upload.checksum != nil, let checksum = declared.checksum {
            guard checksum.algorithm == algorithm else {
                throw S3Error(
                    .invalidRequest,
                    "Checksum Type mismatch occurred, expected checksum Type: \(algorithm.rawValue), "
                        + "actual checksum Type: \(checksum.algorithm.rawValue)")
            }
            // mc sends the checksum of checksums without its "-N".
            let accepted = [checksum.value, "\(checksum.value)-\(parts.count)"]
            guard accepted.contains(value) else { throw S3Checksum.mismatch(algorithm) }
        }
        return StoredChecksum(algorithm: algorithm, type: type, value: value)
    }

    /// A composite checksum is of the parts' checksums, so the client must say them.
    ///
    /// - Throws: `InvalidRequest` when this part's is missing in the list.
    static func requirePart(
        _ part: CompleteMultipartUploadRequest.Part, _ upload: UploadRecord
    ) throws(S3Error) {
        guard let announced = upload.checksum, announced.type == .composite else { return }
        guard !part.checksums.contains(where: { $0.name == announced.algorithm.elementName }) else { return }
        throw S3Error(
            .invalidRequest,
            "The upload was created using a \(announced.algorithm.rawValue) checksum. The complete request must include "
                + "the checksum for each part. It was missing for part \(part.number) in the request.")
    }
}

extension PartRecord {
    /// Whether the part has a checksum of this value in the element of this name.
    func has(_ value: String, named name: String) -> Bool {
        [checksum, computed].contains { $0.map { $0.algorithm.elementName == name && $0.base64 == value } ?? false }
    }
}
