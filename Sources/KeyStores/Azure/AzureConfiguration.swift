/// The secrets of an Azure Key Vault.
package struct AzureConfiguration: Sendable {
    package enum Credentials: Sendable {
        case client(tenantID: String, clientID: String, secret: SecretText)
        case managedIdentity(clientID: String)
        /// The credentials that the machine or the environment offers.
        case ambient
    }

    package var endpoint: String
    package var credentials: Credentials

    package init(endpoint: String, credentials: Credentials) {
        self.endpoint = endpoint
        self.credentials = credentials
    }
}
