import Cryptography
import Glibc
import Notation

/// Signs whole request heads with SigV4, all for one moment; the signing key is derived once.
///
/// The bench keeps its own signer, so that a mistake in the server's verifier cannot cancel itself out here.
struct RequestSigner {
    static let unsignedPayload = "UNSIGNED-PAYLOAD"
    static let emptyPayload = Hex.encode(Digest.hash(.sha256, [UInt8]()))

    private let authority: String
    private let accessKey: String
    private let timestamp: String
    private let scope: String
    private let signingKey: [UInt8]

    init(endpoint: Endpoint, region: String = "us-east-1") {
        authority = endpoint.authority
        accessKey = endpoint.credentials.accessKey
        timestamp = Self.timestamp()
        let date = String(timestamp.prefix(8))
        scope = "\(date)/\(region)/s3/aws4_request"
        var key = Array("AWS4\(endpoint.credentials.secretKey)".utf8)
        for step in [date, region, "s3", "aws4_request"] {
            key = HMACSHA256.code(Array(step.utf8), key: key)
        }
        signingKey = key
    }

    /// The head of one request, ready to send, ending in the empty line.
    ///
    /// - Parameters:
    ///   - path: the absolute path, already percent-encoded.
    ///   - query: the canonical query (`key=value` pairs sorted and encoded); empty for none.
    ///   - headers: lower-case `x-amz-*` headers to send and sign.
    ///   - payloadHash: the hexadecimal SHA-256 of the body, or ``unsignedPayload``.
    ///   - contentLength: of the body; nil leaves the header out.
    func head(
        _ method: String, path: String, query: String = "", headers: [(name: String, value: String)] = [],
        payloadHash: String, contentLength: Int?
    ) -> [UInt8] {
        var signed =
            [("host", authority), ("x-amz-content-sha256", payloadHash), ("x-amz-date", timestamp)]
            + headers.map { ($0.name, $0.value) }
        signed.sort { $0.0 < $1.0 }
        let names = signed.map(\.0).joined(separator: ";")

        var canonical = "\(method)\n\(path)\n\(query)\n"
        var head = "\(method) \(path)\(query.isEmpty ? "" : "?")\(query) HTTP/1.1\r\n"
        for (name, value) in signed {
            canonical += "\(name):\(value)\n"
            head += "\(name): \(value)\r\n"
        }
        canonical += "\n\(names)\n\(payloadHash)"

        let digest = Hex.encode(Digest.hash(.sha256, Array(canonical.utf8)))
        let toSign = "AWS4-HMAC-SHA256\n\(timestamp)\n\(scope)\n\(digest)"
        let signature = Hex.encode(HMACSHA256.code(Array(toSign.utf8), key: signingKey))
        head +=
            "authorization: AWS4-HMAC-SHA256 Credential=\(accessKey)/\(scope), SignedHeaders=\(names), Signature=\(signature)\r\n"
        if let contentLength { head += "content-length: \(contentLength)\r\n" }
        return Array((head + "\r\n").utf8)
    }

    /// Now, as `yyyymmddThhmmssZ`.
    private static func timestamp() -> String {
        HTTPDate.amzDate(Int64(time(nil)) * 1000)
    }
}
