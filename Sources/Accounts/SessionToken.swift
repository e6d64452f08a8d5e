import AccessPolicy
import Cryptography
import JSON

/// The session token of a temporary access key: a JSON web token (RFC 7519), opaque to its client.
///
/// Its claims are for people and logs. What a session may do says its record, which the whole token leads to: one of which
/// a bit differs is none.
struct SessionToken {
    private let claims: [(name: String, value: String)]
    /// Seconds since 1970.
    private let expiration: Int64

    init(accessKey: String, owner: String, expiration: Int64, _ request: SessionRequest) {
        var claims = [(name: "accessKey", value: accessKey), (name: "parent", value: owner)]
        if let policy = request.policy { claims.append(("sessionPolicy", Base64.encode(policy.document))) }
        if let type = request.revocationType { claims.append(("tokenRevokeType", type)) }
        self.claims = claims
        self.expiration = expiration / 1000
    }

    func signed(with key: SecretBytes) -> String {
        var payload = "{\"exp\":\(expiration)"
        for claim in claims { payload += ",\(JSONText.string(claim.name, .web)):\(JSONText.string(claim.value, .web))" }
        payload += "}"
        let text =
            Base64URL.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8)) + "." + Base64URL.encode(Array(payload.utf8))
        let code = key.withUnsafeBytes { key in
            HMACSHA256.code(Array(text.utf8), key: Array(key))
        }
        return text + "." + Base64URL.encode(code)
    }
}
