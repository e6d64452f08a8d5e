/// Fortanix SDKMS.
package struct FortanixConfiguration: Sendable {
    package var endpoint: String
    package var groupID: String?
    package var apiKey: SecretText
    package var authorities: String?

    package init(endpoint: String, groupID: String?, apiKey: SecretText, authorities: String?) {
        self.endpoint = endpoint
        self.groupID = groupID
        self.apiKey = apiKey
        self.authorities = authorities
    }
}
