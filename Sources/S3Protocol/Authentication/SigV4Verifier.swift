import AccessPolicy
import Cryptography
import Notation
import RequestSigning

/// Decides who sent a request: signature version 4 in a header or a presigned URL, version 2 for the clients that still
/// use it, or nobody.
///
/// Safe to share between tasks. Verification of a small request costs a few microseconds once its signing key is known.
package final class SigV4Verifier: Sendable {
    /// How far a client's clock may be off, in seconds.
    package static let allowedSkew: Int64 = 900

    private let region: String?
    let acceptsV2: Bool
    private let account: AccountLookup
    private let isRevoked: LinkRevocation
    private let signingKeys = SigningKeys()

    /// Makes a verifier for the accounts that `account` knows.
    ///
    /// `region` is the one region that requests must be signed for; nil or empty accepts any. `acceptsV2` says whether
    /// signatures of version 2 are looked at: they cover little of a request, and no new client makes them. `account` is
    /// called once for every request that claims an access key: secret and rights are those of one moment. `isRevoked` is
    /// asked of every presigned request of version 4 whose signature is right.
    package init(
        region: String?, acceptsV2: Bool = true, isRevoked: @escaping LinkRevocation = { _ in false },
        account: @escaping AccountLookup
    ) {
        self.region = region.flatMap { $0.isEmpty ? nil : $0 }
        self.acceptsV2 = acceptsV2
        self.account = account
        self.isRevoked = isRevoked
    }

    /// Verifies everything about a request but its body.
    ///
    /// `now` is in seconds since 1970. `service` is the one that the request must be signed for. `acceptsAnyRegion` is for requests that cannot know the region: GetBucketLocation,
    /// ListBuckets, and administration, which signs for an empty one. Throws what the request is to be answered with.
    package func verify(
        _ request: SigningRequest, now: Int64, service: String = "s3", acceptsAnyRegion: Bool = false
    ) throws(S3Error) -> VerifiedRequest {
        let scheme = try AuthenticationScheme(request)
        switch scheme {
        case .v4Header:
            let authorization = try AuthorizationV4(header: request.header("authorization") ?? "", of: request)
            // AWS demands the header. MinIO takes its absence for an empty body, and so `curl --aws-sigv4` works.
            let payload = request.header("x-amz-content-sha256") ?? ChunkSigner.emptyHash
            return try verify(
                request, authorization, scheme, payloadHash: payload, now: now, service: service,
                acceptsAnyRegion: acceptsAnyRegion)
        case .v4Presigned:
            let authorization = try AuthorizationV4(query: request.target)
            let payload =
                request.target.queryValue("X-Amz-Content-Sha256") ?? request.header("x-amz-content-sha256")
                ?? "UNSIGNED-PAYLOAD"
            return try verify(
                request, authorization, scheme, payloadHash: payload, now: now, service: service,
                acceptsAnyRegion: acceptsAnyRegion)
        case .v2Header, .v2Presigned:
            guard acceptsV2 else { throw AuthenticationScheme.unsupported }
            let signature = try SignatureV2(request, scheme, now: now)
            let account = try self.account(of: signature.accessKey, request)
            try signature.check(request, account.secret)
            account.use?.note(now)
            return VerifiedRequest(
                principal: account.principal, secret: account.secret, payload: try Self.unsignedPayload(request),
                scheme: scheme, queryHeaders: signature.queryHeaders)
        case .anonymous:
            return VerifiedRequest(
                principal: .anonymous, secret: nil, payload: try Self.unsignedPayload(request), scheme: scheme,
                queryHeaders: [])
        case .postPolicy:
            // The form's fields carry the signature, see ``verify(_:)``: until they are read nobody has sent it.
            return VerifiedRequest(
                principal: .anonymous, secret: nil, payload: .none, scheme: scheme, queryHeaders: [])
        case .bearer:
            throw AuthenticationScheme.unsupported
        }
    }

    // MARK: Version 4

    private func verify(
        _ request: SigningRequest, _ authorization: AuthorizationV4, _ scheme: AuthenticationScheme,
        payloadHash: String, now: Int64, service: String, acceptsAnyRegion: Bool
    ) throws(S3Error) -> VerifiedRequest {
        let credential = authorization.credential
        try checkScope(credential, service: service, acceptsAnyRegion: acceptsAnyRegion)
        try Self.checkTime(authorization, now: now)
        try Self.checkCoverage(request, authorization.signedHeaders)
        let account = try self.account(of: credential.accessKey, request)
        let secret = account.secret

        var canonical = try CanonicalRequest.bytes(
            request, signedHeaders: authorization.signedHeaders, payloadHash: payloadHash)
        defer { if !request.secrets.isEmpty { wipe(&canonical) } }
        let stringToSign = CanonicalText.stringToSign(
            canonical, timestamp: authorization.timestamp, scope: credential.scope)
        let known = signingKeys.key(credential, secret)
        let key =
            known
            ?? secret.signingKey(date: credential.date, region: credential.region, service: credential.service)
        let expected = HMACSHA256.code(stringToSign, key: key)
        let signature = Hex.decode(authorization.signature) ?? []
        var isSigned = constantTimeEqual(signature, expected)
        if !isSigned { isSigned = try isSignedInOrder(request, authorization, payloadHash, signature, key) }
        guard isSigned else {
            throw Self.mismatch(request, authorization, stringToSign: stringToSign, canonicalRequest: canonical)
        }
        if known == nil { signingKeys.insert(key, credential, secret) }
        if case .v4Presigned = scheme, try isRevoked(signature) {
            throw S3Error(.accessDenied, "The link has been taken back.")
        }
        account.use?.note(now)

        let payload = try Self.payload(payloadHash) {
            ChunkSigner(key: key, timestamp: authorization.timestamp, scope: credential.scope, seed: signature)
        }
        return VerifiedRequest(
            principal: account.principal, secret: secret, payload: payload, scheme: scheme, queryHeaders: [])
    }

    /// Whether the signature is of a query whose values stand in their order where a key comes more than once: MinIO's
    /// clients sign them so, and AWS has them sorted.
    private func isSignedInOrder(
        _ request: SigningRequest, _ authorization: AuthorizationV4, _ payloadHash: String, _ signature: [UInt8],
        _ key: SecretKey
    ) throws(S3Error) -> Bool {
        let query = request.target.query
        guard query.count > 1, Set(query.map(\.name)).count < query.count else { return false }
        var canonical = try CanonicalRequest.bytes(
            request, signedHeaders: authorization.signedHeaders, payloadHash: payloadHash, sortsValues: false)
        defer { if !request.secrets.isEmpty { wipe(&canonical) } }
        let stringToSign = CanonicalText.stringToSign(
            canonical, timestamp: authorization.timestamp, scope: authorization.credential.scope)
        return constantTimeEqual(signature, HMACSHA256.code(stringToSign, key: key))
    }

    func checkScope(_ credential: Credential, service: String, acceptsAnyRegion: Bool) throws(S3Error) {
        guard credential.service.hasSameBytes(as: service) else {
            throw S3Error(
                .authorizationParametersError,
                "Error parsing the Credential/X-Amz-Credential parameter; incorrect service. This endpoint belongs to \"\(service)\"."
            )
        }
        guard !acceptsAnyRegion, let region, credential.region != region,
            !(region == "us-east-1" && credential.region == "US")
        else { return }
        // Clients read the right region out of this answer and try again.
        throw S3Error(
            .authorizationHeaderMalformed,
            "The authorization header is malformed; the region is wrong; expecting '\(region)'.",
            details: [(name: "Region", value: region)])
    }

    private static func checkTime(_ authorization: AuthorizationV4, now: Int64) throws(S3Error) {
        guard let expires = authorization.expires else {
            return try checkSkew(authorization.time, sent: authorization.timestamp, now: now)
        }
        guard authorization.time <= now + allowedSkew else {
            throw S3Error(.accessDenied, "Request is not valid yet")
        }
        let end = authorization.time + expires
        // Not even for the second in which it was signed.
        guard now <= end, expires > 0 else {
            throw expired(end, now: now, details: [(name: "X-Amz-Expires", value: "\(expires)")])
        }
    }

    static func checkSkew(_ time: Int64, sent: String, now: Int64) throws(S3Error) {
        guard abs(now - time) > allowedSkew else { return }
        throw S3Error(
            .requestTimeTooSkewed,
            details: [
                (name: "RequestTime", value: sent), (name: "ServerTime", value: HTTPDate.iso8601(now * 1000)),
                (name: "MaxAllowedSkewMilliseconds", value: "\(allowedSkew * 1000)"),
            ])
    }

    static func expired(_ end: Int64, now: Int64, details: [(name: String, value: String)]) -> S3Error {
        S3Error(
            .accessDenied, "Request has expired",
            details: details + [
                (name: "Expires", value: HTTPDate.iso8601(end * 1000)),
                (name: "ServerTime", value: HTTPDate.iso8601(now * 1000)),
            ])
    }

    /// What means something to S3 must be signed, or someone between could have added it.
    private static func checkCoverage(_ request: SigningRequest, _ signedHeaders: SignedHeaders) throws(S3Error) {
        guard signedHeaders.contains("host") else { throw CanonicalRequest.headersNotSigned(["host"]) }
        var unsigned: [String] = []
        for index in request.headers.indices where request.headers[index].name.begins(with: "x-amz-") {
            // The hash stands in the signature's hash slot already.
            let name = request.headers[index].name
            if !signedHeaders.contains(name) && name != "x-amz-content-sha256" { unsigned.append(name) }
        }
        guard unsigned.isEmpty else { throw CanonicalRequest.headersNotSigned(unsigned, status: 403) }
    }

    private static func mismatch(
        _ request: SigningRequest, _ authorization: AuthorizationV4, stringToSign: [UInt8], canonicalRequest: [UInt8]
    ) -> S3Error {
        var details = [
            (name: "AWSAccessKeyId", value: authorization.credential.accessKey),
            (name: "StringToSign", value: String(decoding: stringToSign, as: UTF8.self)),
            (name: "SignatureProvided", value: String(decoding: authorization.signature, as: UTF8.self)),
        ]
        if !request.holdsSecret {
            details.append((name: "CanonicalRequest", value: String(decoding: canonicalRequest, as: UTF8.self)))
        }
        return S3Error(.signatureDoesNotMatch, details: details)
    }

    // MARK: What all schemes share

    private func account(of accessKey: String, _ request: SigningRequest) throws(S3Error) -> SigningAccount {
        let token =
            request.header("x-amz-security-token") ?? request.target.queryValue("X-Amz-Security-Token")
            ?? request.target.queryValue("x-amz-security-token")
        return try account(of: accessKey, token: token)
    }

    /// - Throws: `InvalidAccessKeyId`, and what the lookup does.
    func account(of accessKey: String, token: String?) throws(S3Error) -> SigningAccount {
        guard let account = try account(accessKey, token.flatMap { $0.isEmpty ? nil : $0 }) else {
            throw S3Error(.invalidAccessKeyId, details: [(name: "AWSAccessKeyId", value: accessKey)])
        }
        return account
    }

    private static func payload(
        _ hash: String, signer: () -> ChunkSigner
    ) throws(S3Error) -> PayloadVerification {
        switch hash {
        case ChunkSigner.emptyHash: return .sha256(PayloadVerification.emptySHA256)
        case "UNSIGNED-PAYLOAD": return .unsigned
        case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": return .streamingSigned(signer())
        case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": return .streamingSignedTrailer(signer())
        case "STREAMING-UNSIGNED-PAYLOAD-TRAILER": return .streamingUnsignedTrailer
        default:
            guard let digest = Hex.decode(hash), digest.count == 32 else { throw invalidPayloadHash(hash) }
            return .sha256(digest)
        }
    }

    /// The payload of a request whose signature, if any, does not cover it.
    private static func unsignedPayload(_ request: SigningRequest) throws(S3Error) -> PayloadVerification {
        guard let hash = request.header("x-amz-content-sha256") else {
            // Without a signer that sets the header, only these two tell that the body is framed.
            let isFramed =
                request.header("x-amz-trailer") != nil
                && request.headers.contains { $0.name == "content-encoding" && ContentEncoding.isAWSChunked($0.value) }
            return isFramed ? .streamingUnsignedTrailer : .none
        }
        switch hash {
        case "UNSIGNED-PAYLOAD": return .unsigned
        case "STREAMING-UNSIGNED-PAYLOAD-TRAILER": return .streamingUnsignedTrailer
        default:
            guard let digest = Hex.decode(hash), digest.count == 32 else { throw invalidPayloadHash(hash) }
            return .sha256(digest)
        }
    }

    private static func invalidPayloadHash(_ hash: String) -> S3Error {
        S3Error(
            .invalidArgument,
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
            details: [
                (name: "ArgumentName", value: "x-amz-content-sha256"), (name: "ArgumentValue", value: hash),
            ])
    }
}
