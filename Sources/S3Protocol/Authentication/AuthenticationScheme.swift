/// The ways in which a request can say who sent it.
package enum AuthenticationScheme: Hashable, Sendable {
    case v4Header, v4Presigned, v2Header, v2Presigned
    /// A form upload, whose fields carry policy and signature.
    case postPolicy
    /// A JSON web token; not for S3 requests.
    case bearer
    case anonymous

    /// Decides from headers and query alone which scheme a request claims, without believing it.
    ///
    /// Throws `InvalidRequest` (400) for an unknown mechanism and for more than one at once.
    package init(_ request: borrowing SigningRequest) throws(S3Error) {
        let isV4Query = request.target.query.contains { pair in
            pair.name == "X-Amz-Credential" || pair.name == "X-Amz-Signature" || pair.name == "X-Amz-Algorithm"
        }
        let isV2Query = request.target.hasQuery("AWSAccessKeyId")
        guard let authorization = request.header("authorization") else {
            switch (isV4Query, isV2Query) {
            case (true, true): throw Self.several
            case (true, false): self = .v4Presigned
            case (false, true): self = .v2Presigned
            case (false, false): self = Self.isForm(request) ? .postPolicy : .anonymous
            }
            return
        }
        guard !isV4Query, !isV2Query, request.headers.count(where: { $0.name == "authorization" }) == 1 else {
            throw Self.several
        }
        if authorization.begins(with: "AWS4-HMAC-SHA256") {
            self = .v4Header
        } else if authorization.begins(with: "AWS ") {
            self = .v2Header
        } else if authorization.begins(with: "Bearer ") {
            self = .bearer
        } else if authorization.isEmpty {
            throw S3Error(
                .invalidArgument, "Authorization header is invalid -- one and only one ' ' (space) required.",
                details: [(name: "ArgumentName", value: "Authorization"), (name: "ArgumentValue", value: "")])
        } else {
            throw Self.unsupported
        }
    }

    /// Whether a signature of this scheme covers the query parameter, so that nobody but the signer can have added it.
    ///
    /// Version 2 covers a fixed list. A parameter that makes a request another operation, or points it at another thing,
    /// must not be believed unless this holds.
    package func covers(parameter name: String) -> Bool {
        switch self {
        case .v2Header, .v2Presigned: SignatureV2.signedParameters.contains(name)
        case .v4Header, .v4Presigned: true
        // There is no signer to be deceived about.
        case .postPolicy, .bearer, .anonymous: true
        }
    }

    static var unsupported: S3Error {
        S3Error(
            .invalidRequest,
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
    }

    private static var several: S3Error {
        S3Error(
            .invalidRequest, "Invalid Request (request has multiple authentication types, please use one)")
    }

    private static func isForm(_ request: SigningRequest) -> Bool {
        guard request.method == "POST", let type = request.header("content-type") else { return false }
        return isForm(contentType: type)
    }

    package static func isForm(contentType type: String) -> Bool {
        type.utf8.prefix(19).map { $0 | 0x20 }.elementsEqual("multipart/form-data".utf8.map { $0 | 0x20 })
    }
}
