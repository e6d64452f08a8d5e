/// The secrets of an Azure Key Vault.
package struct AzureConfiguration: Sendable {
    /// Who the key server is for Microsoft Entra ID.
    package enum Credentials: Sendable {
        case client(tenantID: String, clientID: String, secret: SecretText)
        /// A PEM file with an RSA key and its certificate, read at every sign-in.
        case certificate(tenantID: String, clientID: String, path: String, password: SecretText?)
        case managedIdentity(clientID: String)
        /// The credentials that the environment or the machine offers.
        case ambient
    }

    /// `https://NAME.vault.azure.net`, also without the scheme.
    package var endpoint: String
    package var credentials: Credentials

    package init(endpoint: String, credentials: Credentials) {
        self.endpoint = endpoint
        self.credentials = credentials
    }
}
