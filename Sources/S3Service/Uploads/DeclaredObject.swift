import S3Protocol

/// What the headers of a CompleteMultipartUpload say of the object, besides the list of its parts.
struct DeclaredObject: Sendable {
    /// `x-amz-checksum-*`: base64, of a composite one with or without `-N`.
    private(set) var checksum: (algorithm: S3ChecksumAlgorithm, value: String)?
    /// `x-amz-checksum-type`.
    private(set) var type: S3ChecksumType?
    /// `x-amz-mp-object-size`: bytes.
    private(set) var size: Int64?

    /// - Throws: `InvalidRequest` for a type or size that is none.
    init(_ headers: [(name: String, value: String)]) throws(S3Error) {
        for index in headers.indices where headers[index].name.begins(with: "x-amz-") {
            let (name, value) = headers[index]
            switch name {
            case "x-amz-checksum-type":
                guard let known = S3ChecksumType(rawValue: value.uppercased()) else { throw Self.invalid(name) }
                type = known
            case "x-amz-mp-object-size":
                guard value.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let bytes = Int64(value) else {
                    throw Self.invalid(name)
                }
                size = bytes
            default:
                if let algorithm = S3ChecksumAlgorithm(header: name) { checksum = (algorithm, value) }
            }
        }
    }

    private static func invalid(_ name: String) -> S3Error {
        S3Error(.invalidRequest, "Value for \(name) header is invalid.")
    }
}
