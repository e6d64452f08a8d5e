import AccessPolicy
import S3Protocol

extension SigV4Verifier {
    /// Of accounts that are root's, and have no session tokens.
    convenience init(
        region: String?, acceptsV2: Bool = true, secret: @escaping @Sendable (_ accessKey: String) -> SecretString?
    ) {
        self.init(region: region, acceptsV2: acceptsV2) { accessKey, token throws(S3Error) in
            guard token == nil else { throw S3Error(.invalidTokenId) }
            return secret(accessKey).map { SigningAccount(secret: $0, principal: .root(accessKey: accessKey)) }
        }
    }
}
