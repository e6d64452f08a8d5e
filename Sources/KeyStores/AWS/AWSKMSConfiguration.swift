/// AWS KMS, which wraps keys that are kept in files.
package struct AWSKMSConfiguration: Sendable {
    /// The directory of the files.
    package var path: String
    /// A symmetric key: its ARN or id, or an alias, `alias/NAME`.
    package var key: String
    package var region: String
    /// Without a scheme it is one for `https`; `nil`: the region's own.
    package var endpoint: String?
    /// `nil`: those of the environment or the machine, see `AWSCredentialChain`.
    package var credentials: AWSConfiguration.Credentials?

    package init(
        path: String, key: String, region: String, endpoint: String? = nil,
        credentials: AWSConfiguration.Credentials? = nil
    ) {
        self.path = path
        self.key = key
        self.region = region
        self.endpoint = endpoint
        self.credentials = credentials
    }
}
