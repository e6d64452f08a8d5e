/// What an upload's headers say about its checksum.
package enum RequestedChecksum: Hashable, Sendable {
    case none
    /// The value is known beforehand.
    case value(S3Checksum)
    /// The value follows the body as a trailer of an aws-chunked stream.
    case trailer(S3ChecksumAlgorithm)

    /// Reads `x-amz-checksum-*` and `x-amz-trailer`.
    ///
    /// `x-amz-sdk-checksum-algorithm` alone is a note between an SDK's layers and asks for nothing; together with a value it
    /// must name the same algorithm. Throws `InvalidRequest` (400) for more than one checksum, for a value that is not
    /// base64 of the right length, and for an algorithm that is not known.
    package init(headers: [(name: String, value: String)]) throws(S3Error) {
        self = .none
        var announced: String?
        for index in headers.indices where headers[index].name.begins(with: "x-amz-") {
            let header = headers[index]
            switch header.name {
            case "x-amz-trailer":
                for name in header.value.split(separator: ",") {
                    let name = trim(name).lowercased()
                    guard name.begins(with: "x-amz-checksum-") else { continue }
                    guard let algorithm = S3ChecksumAlgorithm(header: name) else { throw Self.invalidTrailer }
                    guard self == .none else { throw Self.several }
                    self = .trailer(algorithm)
                }
            case "x-amz-sdk-checksum-algorithm":
                announced = header.value
            case "x-amz-checksum-algorithm", "x-amz-checksum-type", "x-amz-checksum-mode":
                break
            default:
                guard header.name.begins(with: "x-amz-checksum-") else { break }
                guard let algorithm = S3ChecksumAlgorithm(header: header.name) else { throw Self.unknownAlgorithm }
                guard self == .none else { throw Self.several }
                self = .value(try S3Checksum(algorithm, base64: header.value))
            }
        }
        if let announced, let algorithm {
            guard S3ChecksumAlgorithm(name: announced) == algorithm else {
                throw S3Error(.invalidRequest, "Value for x-amz-sdk-checksum-algorithm header is invalid.")
            }
        }
    }

    /// The algorithm to compute while the body arrives; nil for none.
    package var algorithm: S3ChecksumAlgorithm? {
        switch self {
        case .none: nil
        case .value(let checksum): checksum.algorithm
        case .trailer(let algorithm): algorithm
        }
    }

    /// The value the body must have, once the body and its trailers are there.
    ///
    /// Throws `InvalidRequest` (400) for a trailer value that is malformed, and `MalformedTrailerError` (400) when the
    /// trailer that was announced is missing.
    package func expected(trailers: [(name: String, value: String)]) throws(S3Error) -> S3Checksum? {
        switch self {
        case .none: return nil
        case .value(let checksum): return checksum
        case .trailer(let algorithm):
            guard let trailer = trailers.first(where: { $0.name == algorithm.header }) else {
                throw S3Error(.malformedTrailerError)
            }
            return try S3Checksum(algorithm, base64: trailer.value)
        }
    }

    private static var several: S3Error {
        S3Error(.invalidRequest, "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    }

    private static var unknownAlgorithm: S3Error {
        S3Error(
            .invalidRequest,
            "The algorithm type you specified in x-amz-checksum- header is invalid.")
    }

    private static var invalidTrailer: S3Error {
        S3Error(.invalidRequest, "The value specified in the x-amz-trailer header is not supported")
    }
}
