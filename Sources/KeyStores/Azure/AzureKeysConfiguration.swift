/// A key of an Azure Key Vault, which wraps keys that are kept in files.
package struct AzureKeysConfiguration: Sendable {
    /// The directory of the files.
    package var path: String
    package var key: String

    package init(path: String, key: String) {
        self.path = path
        self.key = key
    }
}
