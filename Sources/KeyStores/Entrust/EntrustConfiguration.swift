/// Entrust KeyControl.
package struct EntrustConfiguration: Sendable {
    package var endpoint: String
    package var vaultID: String
    package var boxID: String
    package var username: String
    package var password: SecretText
    package var authorities: String?

    package init(
        endpoint: String, vaultID: String, boxID: String, username: String, password: SecretText, authorities: String?
    ) {
        self.endpoint = endpoint
        self.vaultID = vaultID
        self.boxID = boxID
        self.username = username
        self.password = password
        self.authorities = authorities
    }
}
