/// What the headers of an upload in parts say when it begins.
package struct UploadChecksum: Hashable, Sendable {
    package let algorithm: S3ChecksumAlgorithm
    package let type: S3ChecksumType

    package init(algorithm: S3ChecksumAlgorithm, type: S3ChecksumType) {
        self.algorithm = algorithm
        self.type = type
    }

    /// Reads `x-amz-checksum-algorithm` and `x-amz-checksum-type`; nil when neither is there.
    ///
    /// Throws `InvalidRequest` (400) for unknown values, for a type without an algorithm, and for a pair that cannot be.
    package static func parse(headers: [(name: String, value: String)]) throws(S3Error) -> UploadChecksum? {
        let algorithmText = headers.first { $0.name == "x-amz-checksum-algorithm" }?.value
        let typeText = headers.first { $0.name == "x-amz-checksum-type" }?.value
        guard let algorithmText else {
            guard typeText == nil else {
                throw S3Error(
                    .invalidRequest,
                    "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
            }
            return nil
        }
        guard let algorithm = S3ChecksumAlgorithm(name: algorithmText) else {
            throw S3Error(
                .invalidRequest,
                "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
                    + "[\(S3ChecksumAlgorithm.allCases.map(\.name).joined(separator: ", "))]")
        }
        guard let typeText else { return UploadChecksum(algorithm: algorithm, type: algorithm.defaultType) }
        guard let type = S3ChecksumType(rawValue: typeText.uppercased()) else {
            throw S3Error(.invalidRequest, "Value for x-amz-checksum-type header is invalid.")
        }
        guard algorithm.allows(type) else {
            throw S3Error(
                .invalidRequest,
                "The \(type.rawValue) checksum type cannot be used with the \(algorithm.rawValue) checksum algorithm.")
        }
        return UploadChecksum(algorithm: algorithm, type: type)
    }
}
