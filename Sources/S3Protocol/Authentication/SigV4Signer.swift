import Cryptography
import Notation
import RequestSigning

/// The client's side of signature version 4 in S3's form: signs requests for tests, the benchmark and operator commands.
package struct SigV4Signer: Sendable {
    /// What goes into the signature's hash slot and `x-amz-content-sha256`.
    package enum Payload: Sendable {
        case unsigned
        /// The body's SHA-256, 32 bytes.
        case sha256([UInt8])
        case streamingSigned
        case streamingSignedTrailer
        case streamingUnsignedTrailer

        package static let empty = Payload.sha256(PayloadVerification.emptySHA256)

        package static func body(_ bytes: [UInt8]) -> Payload { .sha256(Digest.hash(.sha256, bytes)) }

        var hashSlot: String {
            switch self {
            case .unsigned: "UNSIGNED-PAYLOAD"
            case .sha256(let digest): Hex.encode(digest)
            case .streamingSigned: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
            case .streamingSignedTrailer: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
            case .streamingUnsignedTrailer: "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
            }
        }
    }

    package struct SignedRequest: Sendable {
        /// All headers to send: those given, `x-amz-date`, `x-amz-content-sha256` and `authorization`.
        package let headers: [(name: String, value: String)]
        /// Signs the chunks of a streaming body.
        package let chunkSigner: ChunkSigner
    }

    package let accessKey: String
    package let region: String
    package let service: String
    private let secret: SecretString
    private let signingKeys = SigningKeys(capacity: 4)

    package init(accessKey: String, secretKey: String, region: String = "us-east-1", service: String = "s3") {
        self.init(accessKey: accessKey, secret: SecretString(secretKey), region: region, service: service)
    }

    package init(accessKey: String, secret: SecretString, region: String = "us-east-1", service: String = "s3") {
        self.accessKey = accessKey
        self.region = region
        self.service = service
        self.secret = secret
    }

    /// Signs every header given (lower-case names, `host` among them) and those it adds.
    ///
    /// `target` is path and query as they will be sent; `now` is in seconds since 1970. Throws when the target is not one.
    package func sign(
        method: String, target: String, headers: [(name: String, value: String)], payload: Payload, now: Int64
    ) throws(S3Error) -> SignedRequest {
        let timestamp = HTTPDate.amzDate(now * 1000)
        let credential = credential(timestamp)
        var sent = headers
        sent.append((name: "x-amz-content-sha256", value: payload.hashSlot))
        sent.append((name: "x-amz-date", value: timestamp))
        let names = Self.signedNames(sent)
        let request = SigningRequest(method: method, target: try RequestTarget(target), headers: sent, isTLS: false)
        let key = signingKey(credential)
        let signature = try Self.signature(
            request, names, payload.hashSlot, timestamp: timestamp, scope: credential.scope, key: key)
        let authorization = CanonicalText.authorization(
            accessKey: accessKey, scope: credential.scope, signedHeaders: names, signature: signature)
        sent.append((name: "authorization", value: authorization))
        return SignedRequest(
            headers: sent,
            chunkSigner: ChunkSigner(key: key, timestamp: timestamp, scope: credential.scope, seed: signature))
    }

    /// The target of a presigned URL that is good for `expires` seconds.
    ///
    /// The headers given (`host` at least) are signed and must be sent with it.
    package func presign(
        method: String, target: String, headers: [(name: String, value: String)], expires: Int64, now: Int64
    ) throws(S3Error) -> String {
        let timestamp = HTTPDate.amzDate(now * 1000)
        let credential = credential(timestamp)
        let names = Self.signedNames(headers)
        let parameters = [
            ("X-Amz-Algorithm", algorithm), ("X-Amz-Credential", "\(accessKey)/\(credential.scope)"),
            ("X-Amz-Date", timestamp), ("X-Amz-Expires", "\(expires)"),
            ("X-Amz-SignedHeaders", names.joined(separator: ";")),
        ]
        let query = parameters.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
        let presigned = "\(target)\(target.contains("?") ? "&" : "?")\(query)"
        let request = SigningRequest(
            method: method, target: try RequestTarget(presigned), headers: headers, isTLS: false)
        let signature = try Self.signature(
            request, names, Payload.unsigned.hashSlot, timestamp: timestamp, scope: credential.scope,
            key: signingKey(credential))
        return "\(presigned)&X-Amz-Signature=\(Hex.encode(signature))"
    }

    private func credential(_ timestamp: String) -> Credential {
        Credential(accessKey: accessKey, date: String(timestamp.prefix(8)), region: region, service: service)
    }

    private func signingKey(_ credential: Credential) -> SecretKey {
        if let key = signingKeys.key(credential, secret) { return key }
        let key = secret.signingKey(date: credential.date, region: region, service: service)
        signingKeys.insert(key, credential, secret)
        return key
    }

    private static func signature(
        _ request: SigningRequest, _ names: [String], _ hashSlot: String, timestamp: String, scope: String,
        key: SecretKey
    ) throws(S3Error) -> [UInt8] {
        let canonical = try CanonicalRequest.bytes(
            request, signedHeaders: SignedHeaders(names), payloadHash: hashSlot)
        return HMACSHA256.code(
            CanonicalText.stringToSign(canonical, timestamp: timestamp, scope: scope), key: key)
    }

    private static func signedNames(_ headers: [(name: String, value: String)]) -> [String] {
        Set(headers.map(\.name)).subtracting(["authorization", "user-agent", "expect", "accept-encoding"]).sorted()
    }
}
