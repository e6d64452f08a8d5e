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

    package var endpoint: String
    package var region: String
    package var kmsKey: String?
    /// `nil`: those of the machine or the environment.
    package var credentials: Credentials?

    package init(endpoint: String, region: String, kmsKey: String?, credentials: Credentials?) {
        self.endpoint = endpoint
        self.region = region
        self.kmsKey = kmsKey
        self.credentials = credentials
    }
}
