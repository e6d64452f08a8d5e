package import AccessPolicy
import Cryptography
import JSON

/// A JSON Web Token with which monitoring asks for metrics, as `mc admin prometheus generate` makes it: signed with the
/// secret of the access key that it names.
struct ScrapeToken {
    /// The access key.
    let subject: String
    /// Seconds since 1970; `nil` for one that never ends.
    private let expires: Int
    private let algorithm: DigestAlgorithm
    /// What is signed: head and claims as they came.
    private let signed: [UInt8]
    private let signature: [UInt8]

    /// mc's are of some 200 bytes.
    private static let maximumBytes = 4096

    /// - Returns: `nil` for what is no such token, or signed in a way that is not accepted: with HS512 or HS256 alone.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.maximumBytes, parts.count == 3,
            let head = Base64URL.decode(parts[0]).flatMap(JSONValue.init),
            let claims = Base64URL.decode(parts[1]).flatMap(JSONValue.init),
            let signature = Base64URL.decode(parts[2])
        else { return nil }
        switch head["alg"]?.string {
        case "HS512": algorithm = .sha512
        case "HS256": algorithm = .sha256
        default: return nil
        }
        guard claims["iss"]?.string == "prometheus", let subject = claims["sub"]?.string, !subject.isEmpty else {
            return nil
        }
        switch claims["exp"] {
        case nil: expires = .max
        case .number(let text)?:
            guard let seconds = Double(text), seconds.isFinite else { return nil }
            expires = Int(exactly: seconds.rounded(.down)) ?? (seconds < 0 ? 0 : .max)
        case .object, .array, .string, .bool, .null: return nil
        }
        self.subject = subject
        self.signature = signature
        signed = Array((parts[0] + "." + parts[1]).utf8)
    }

    /// - Parameter now: seconds since 1970.
    func isValid(under secret: SecretString, now: Int64) -> Bool {
        constantTimeEqual(signature, secret.code(of: signed, algorithm)) && now < expires
    }
}

extension SigV4Verifier {
    /// Who has signed a scrape's token.
    ///
    /// - Parameter now: seconds since 1970.
    /// - Throws: `AccessDenied` for a token that is none, that has expired, or that nobody known here has signed.
    package func verify(scrapeToken text: String, now: Int64) throws(S3Error) -> Principal {
        guard let token = ScrapeToken(text), let account = try? account(of: token.subject, token: nil),
            token.isValid(under: account.secret, now: now)
        else { throw S3Error(.accessDenied) }
        account.use?.note(now)
        return account.principal
    }
}
