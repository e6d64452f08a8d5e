package import AccessPolicy

/// Whose signature is to be verified: an access key's secret, and who signs with it.
package struct SigningAccount: Sendable {
    package let secret: SecretString
    package let principal: Principal
    /// Is told of every request that it has signed; nil where nobody asks for that.
    package let use: AccessKeyUse?

    package init(secret: SecretString, principal: Principal, use: AccessKeyUse? = nil) {
        self.use = use
        self.secret = secret
        self.principal = principal
    }
}

/// Finds the account of an access key; nil if there is none.
///
/// `token` is the session token that came with it, nil or never empty.
///
/// Throws what a request is to be answered with whose access key or token cannot be used.
package typealias AccountLookup =
    @Sendable (_ accessKey: String, _ token: String?) throws(S3Error) -> SigningAccount?

/// Whether the link whose signature this is, 32 bytes, was taken back by who made it.
///
/// Throws what a presigned request is to be answered with while that is not known.
package typealias LinkRevocation = @Sendable (_ signature: [UInt8]) throws(S3Error) -> Bool
