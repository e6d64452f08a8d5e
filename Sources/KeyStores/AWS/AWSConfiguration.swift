/// AWS Secrets Manager.
package struct AWSConfiguration: Sendable {
    package struct Credentials: Sendable {
        package var accessKey: String
        package var secretKey: SecretText?
        package var sessionToken: SecretText?

        package init(accessKey: String, secretKey: SecretText?, sessionToken: SecretText?) {
            self.accessKey = accessKey
            self.secretKey = secretKey
            self.sessionToken = sessionToken
        }
    }

    /// Without a scheme it is one for `https`.
    package var endpoint: String
    package var region: String
    /// The key of AWS KMS that new secrets are encrypted under; `nil`: the account's own for Secrets Manager.
    package var kmsKey: String?
    /// `nil`: those of the environment or the machine, see `AWSCredentialChain`.
    package var credentials: Credentials?
    /// Whether the status is that of a signed call, so that credentials which are refused show.
    package var probesStatus: Bool

    package init(
        endpoint: String, region: String, kmsKey: String?, credentials: Credentials?, probesStatus: Bool = false
    ) {
        self.endpoint = endpoint
        self.region = region
        self.kmsKey = kmsKey
        self.credentials = credentials
        self.probesStatus = probesStatus
    }
}
