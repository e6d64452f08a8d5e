/// Gemalto KeySecure, today Thales CipherTrust Manager.
package struct GemaltoConfiguration: Sendable {
    package var endpoint: String
    package var token: SecretText
    package var domain: String?
    package var authorities: String?

    package init(endpoint: String, token: SecretText, domain: String?, authorities: String?) {
        self.endpoint = endpoint
        self.token = token
        self.domain = domain
        self.authorities = authorities
    }
}
