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
    private let secret: @Sendable (String) throws(S3Error) -> SecretString?
    private let signingKeys = SigningKeys()

    /// Makes a verifier for the accounts that `secret` knows.
    ///
    /// `region` is the one region that requests must be signed for; nil or empty accepts any. `acceptsV2` says whether
    /// signatures of version 2 are looked at: they cover little of a request, and no new client makes them. `secret` finds
    /// the secret key of an access key, nil if there is no such account; it is called once for every request that claims
    /// one.
    package init(
        region: String?, acceptsV2: Bool = true,
        secret: @escaping @Sendable (_ accessKey: String) throws(S3Error) -> SecretString?
    ) {
        self.region = region.flatMap { $0.isEmpty ? nil : $0 }
        self.acceptsV2 = acceptsV2
        self.secret = secret
    }

    /// Verifies everything about a request but its body.
    ///
    /// `now` is in seconds since 1970. `acceptsAnyRegion` is for requests that cannot know the region: GetBucketLocation,
    /// ListBuckets, and administration, which signs for an empty one. Throws what the request is to be answered with.
    package func verify(
        _ request: SigningRequest, now: Int64, acceptsAnyRegion: Bool = false
    ) throws(S3Error) -> VerifiedRequest {
        let scheme = try AuthenticationScheme(request)
        switch scheme {
        case .v4Header:
            let authorization = try AuthorizationV4(header: request.header("authorization") ?? "", of: request)
            // AWS demands the header. MinIO takes its absence for an empty body, and so `curl --aws-sigv4` works.
            let payload = request.header("x-amz-content-sha256") ?? ChunkSigner.emptyHash
            return try verify(
                request, authorization, scheme, payloadHash: payload, now: now, acceptsAnyRegion: acceptsAnyRegion)
        case .v4Presigned:
            let authorization = try AuthorizationV4(query: request.target)
            let payload =
                request.target.queryValue("X-Amz-Content-Sha256") ?? request.header("x-amz-content-sha256")
                ?? "UNSIGNED-PAYLOAD"
            return try verify(
                request, authorization, scheme, payloadHash: payload, now: now, acceptsAnyRegion: acceptsAnyRegion)
        case .v2Header, .v2Presigned:
            guard acceptsV2 else { throw AuthenticationScheme.unsupported }
            let signature = try SignatureV2(request, scheme, now: now)
            let secret = try self.secret(of: signature.accessKey, request)
            try signature.check(request, secret)
            return VerifiedRequest(
                caller: .accessKey(signature.accessKey), payload: try Self.unsignedPayload(request), scheme: scheme,
                queryHeaders: signature.queryHeaders)
        case .anonymous:
            return VerifiedRequest(
                caller: .anonymous, payload: try Self.unsignedPayload(request), scheme: scheme, queryHeaders: [])
        case .postPolicy:
            // The form's fields carry the signature, see ``verify(_:)``: until they are read nobody has sent it.
            return VerifiedRequest(caller: .anonymous, payload: .none, scheme: scheme, queryHeaders: [])
        case .bearer:
            throw AuthenticationScheme.unsupported
        }
    }

    // MARK: Version 4

    private func verify(
        _ request: SigningRequest, _ authorization: AuthorizationV4, _ scheme: AuthenticationScheme,
        payloadHash: String, now: Int64, acceptsAnyRegion: Bool
    ) throws(S3Error) -> VerifiedRequest {
        let credential = authorization.credential
        try checkScope(credential, acceptsAnyRegion: acceptsAnyRegion)
        try Self.checkTime(authorization, now: now)
        try Self.checkCoverage(request, authorization.signedHeaders)
        let secret = try self.secret(of: credential.accessKey, request)

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

        let payload = try Self.payload(payloadHash) {
            ChunkSigner(key: key, timestamp: authorization.timestamp, scope: credential.scope, seed: signature)
        }
        return VerifiedRequest(
            caller: .accessKey(credential.accessKey), payload: payload, scheme: scheme, queryHeaders: [],
            secret: scheme == .v4Header ? secret : nil)
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

    func checkScope(_ credential: Credential, acceptsAnyRegion: Bool) throws(S3Error) {
        guard credential.service == "s3" else { throw S3Error(.authorizationParametersError) }
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

    private func secret(of accessKey: String, _ request: SigningRequest) throws(S3Error) -> SecretString {
        // Accounts here are permanent ones; a session token belongs to an account that does not exist.
        let token =
            request.header("x-amz-security-token") ?? request.target.queryValue("X-Amz-Security-Token")
            ?? request.target.queryValue("x-amz-security-token")
        guard token?.isEmpty ?? true else { throw S3Error(.invalidTokenId) }
        return try knownSecret(of: accessKey)
    }

    func knownSecret(of accessKey: String) throws(S3Error) -> SecretString {
        guard let secret = try secret(accessKey) else {
            throw S3Error(.invalidAccessKeyId, details: [(name: "AWSAccessKeyId", value: accessKey)])
        }
        return secret
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
