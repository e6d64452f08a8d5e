package import AccessPolicy
package import Cryptography

/// The parts of a request that a signature can cover.
package struct SigningRequest: Sendable {
    /// As sent, in upper case.
    package var method: String
    package var target: RequestTarget
    /// Lower-case names, trimmed values, in the order of arrival; a repeated header stands repeatedly.
    package var headers: [(name: String, value: String)]
    /// The values of headers that are secret, in the order of arrival; in `headers` they are empty.
    package var secrets: [(name: String, value: SecretBytes)]
    package var isTLS: Bool
    /// The bucket named by the `Host` header, if the request is virtual-host style: signature version 2 covers it.
    package var virtualHostBucket: String?

    package init(
        method: String, target: RequestTarget, headers: [(name: String, value: String)],
        secrets: [(name: String, value: SecretBytes)] = [], isTLS: Bool,
        virtualHostBucket: String? = nil
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.secrets = secrets
        self.isTLS = isTLS
        self.virtualHostBucket = virtualHostBucket
    }

    /// The first value of a header, by its lower-case name.
    func header(_ name: String) -> String? {
        headers.firstValue(of: name)
    }

    /// Appends a header's value to a text that is signed; of the headers called as it is, it is number `occurrence`, from
    /// 0 on.
    func appendSecret(_ name: String, occurrence: Int, to text: inout [UInt8]) {
        var left = occurrence
        for secret in secrets where secret.name == name {
            if left == 0 { return secret.value.withUnsafeBytes { text.append(contentsOf: $0) } }
            left -= 1
        }
    }

    /// Bytes that the texts which are signed have at most: who makes one in memory of this size leaves no copies behind.
    var signedTextBytes: Int {
        let headers = headers.reduce(0) { $0 + 2 * $1.name.utf8.count + $1.value.utf8.count + 4 }
        // A byte of the target becomes three at most, and a version 2 signature may cover the path with a bucket before it.
        return 3
            * (target.rawPath.utf8.count + target.query.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 2 })
            + headers + secrets.reduce(0) { $0 + $1.value.count } + 1024
    }

    /// Whether a header or query parameter is a customer's key or a session token, or tells of one.
    ///
    /// An error document may be logged by whoever gets it; it repeats nothing of such a request.
    var holdsSecret: Bool {
        func tells(_ name: String) -> Bool {
            let name = name.lowercased()
            return name.contains("-customer-key") || name == "x-amz-security-token"
        }
        return headers.contains { tells($0.name) } || target.query.contains { tells($0.name) }
    }
}

/// A request whose signature is right, or that came without one.
package struct VerifiedRequest: Sendable {
    /// Nobody, of a request without a signature: only what is open to everyone may be done.
    package let principal: Principal
    /// The secret that the request is signed with; nil for an anonymous one.
    package let secret: SecretString?
    /// How the body is to be verified while it arrives.
    package let payload: PayloadVerification
    package let scheme: AuthenticationScheme
    /// Headers that a version 2 presigned URL carries as query parameters (``SigningRequest/queryHeaders()``).
    ///
    /// Empty for other schemes.
    package let queryHeaders: [(name: String, value: String)]

    /// Nil for an anonymous request.
    package var accessKey: String? { principal.accessKey }
}

extension VerifiedRequest {
    /// A request that this process makes by itself for an account: there is no signature, and nobody between who could
    /// have changed its body.
    ///
    /// To policies it is one that is signed in its header.
    package init(inProcessOf account: SigningAccount) {
        self.init(
            principal: account.principal, secret: account.secret, payload: .unsigned, scheme: .v4Header,
            queryHeaders: [])
    }
}

/// What stands in the hash slot of a request's signature, and so how its body is checked.
package enum PayloadVerification: Sendable {
    /// Nothing said: no signature, or one of version 2, which does not cover the body.
    case none
    /// `UNSIGNED-PAYLOAD`.
    case unsigned
    /// The body's SHA-256, 32 bytes; `XAmzContentSHA256Mismatch` (400) if it differs.
    case sha256([UInt8])
    /// aws-chunked with a signature for each chunk.
    case streamingSigned(ChunkSigner)
    /// aws-chunked with a signature for each chunk and for the trailers.
    case streamingSignedTrailer(ChunkSigner)
    /// aws-chunked with trailers, unsigned.
    case streamingUnsignedTrailer

    /// The SHA-256 of nothing, which is what bodyless requests promise.
    package static let emptySHA256: [UInt8] = Digest.hash(.sha256, [])

    /// Whether the body is framed in chunks that `AWSChunkedDecoder` removes.
    package var isStreaming: Bool {
        switch self {
        case .none, .unsigned, .sha256: false
        case .streamingSigned, .streamingSignedTrailer, .streamingUnsignedTrailer: true
        }
    }
}
