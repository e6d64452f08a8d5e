import Certificates
import Cryptography
import JSON
import S3Protocol

/// A signed JSON web token (RFC 7515, 7519) as it came: nothing of it is believed before ``verify(_:)``.
package struct JSONWebToken {
    /// Bytes of a token; providers that list hundreds of groups come near it.
    static let longest = 32 << 10

    /// The algorithms whose signatures only the provider can make; `none` and those with a shared secret are not.
    enum Algorithm: String {
        case rs256 = "RS256"
        case ps256 = "PS256"
        case es256 = "ES256"

        var scheme: SignatureScheme {
            switch self {
            case .rs256: .rsaPKCS1SHA256
            case .ps256: .rsaPSSSHA256
            case .es256: .ecdsaP256SHA256
            }
        }
    }

    let algorithm: Algorithm
    /// The name of the key, as the provider's list has it.
    let keyID: String?
    private let signed: [UInt8]
    private let signature: [UInt8]
    private let claims: JSONValue

    /// `nil` for what is no such token.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.longest else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let head = Base64URL.decode(parts[0]).flatMap({ JSONValue($0) }),
            let claims = Base64URL.decode(parts[1]).flatMap({ JSONValue($0) }),
            let signature = Base64URL.decode(parts[2]),
            let algorithm = head["alg"]?.string.flatMap({ Algorithm(rawValue: $0) }), head["crit"] == nil
        else { return nil }
        guard case .object = claims else { return nil }
        self.algorithm = algorithm
        keyID = head["kid"]?.string
        signed = Array((parts[0] + "." + parts[1]).utf8)
        self.signature = signature
        self.claims = claims
    }

    /// What it says, if the key has signed it.
    func verify(_ key: PublicKey) -> JSONValue? {
        key.verifies(signature, of: signed, algorithm.scheme) ? claims : nil
    }
}
