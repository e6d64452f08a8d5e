import Certificates
import Cryptography
import JSON

/// A signed JSON Web Token (RFC 7519, compact form): what a service account or a certificate shows instead of a password.
enum JSONWebToken {
    /// `header.claims.signature`, each in base64url without padding.
    ///
    /// `alg` and `typ` are put before the other members of the header.
    ///
    /// - Parameters:
    ///   - header: Members besides `alg` and `typ`.
    ///   - claims: Texts, and numbers such as times in seconds since 1970.
    static func sign(
        header: [(name: String, value: JSONValue)] = [], claims: [(name: String, value: JSONValue)],
        key: PrivateKey, scheme: SignatureScheme
    ) throws(KeyStoreError) -> String {
        let fullHeader: [(name: String, value: JSONValue)] =
            [("alg", .string(scheme.jwtName)), ("typ", .string("JWT"))] + header
        let signed =
            "\(Base64URL.encode(JSONValue.object(fullHeader).bytes)).\(Base64URL.encode(JSONValue.object(claims).bytes))"
        guard let signature = key.signature(of: Array(signed.utf8), scheme) else {
            throw .notAuthorized("the private key cannot sign with \(scheme.jwtName)")
        }
        return "\(signed).\(Base64URL.encode(signature))"
    }
}

extension SignatureScheme {
    /// The name in a token's header (RFC 7518).
    fileprivate var jwtName: String {
        switch self {
        case .rsaPKCS1SHA256: "RS256"
        case .rsaPSSSHA256: "PS256"
        case .ecdsaP256SHA256: "ES256"
        }
    }
}
