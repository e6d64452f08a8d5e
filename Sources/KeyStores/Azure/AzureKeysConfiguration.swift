/// A key of an Azure Key Vault or Managed HSM, which wraps keys that are kept in files.
package struct AzureKeysConfiguration: Sendable {
    /// How a key is wrapped, by the names of the service; those with AES are a Managed HSM's alone.
    package enum Algorithm: String, Sendable, CaseIterable {
        case rsaOAEP256 = "RSA-OAEP-256"
        case rsaOAEP = "RSA-OAEP"
        case aes128KeyWrap = "A128KW"
        case aes192KeyWrap = "A192KW"
        case aes256KeyWrap = "A256KW"
    }

    /// The directory of the files.
    package var path: String
    /// `https://NAME.vault.azure.net` or `https://NAME.managedhsm.azure.net`, also without the scheme.
    package var endpoint: String
    /// Letters, digits and hyphens, and after a slash the version where it is to be a certain one: `NAME[/VERSION]`.
    package var key: String
    package var algorithm: Algorithm
    package var credentials: AzureConfiguration.Credentials

    package init(
        path: String, endpoint: String, key: String, algorithm: Algorithm, credentials: AzureConfiguration.Credentials
    ) {
        self.path = path
        self.endpoint = endpoint
        self.key = key
        self.algorithm = algorithm
        self.credentials = credentials
    }
}
