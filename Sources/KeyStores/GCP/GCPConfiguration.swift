/// Google Cloud Secret Manager.
package struct GCPConfiguration: Sendable {
    package struct Credentials: Sendable {
        package var clientEmail: String
        package var clientID: String
        package var privateKeyID: String
        /// PEM.
        package var privateKey: SecretText

        package init(clientEmail: String, clientID: String, privateKeyID: String, privateKey: SecretText) {
            self.clientEmail = clientEmail
            self.clientID = clientID
            self.privateKeyID = privateKeyID
            self.privateKey = privateKey
        }
    }

    package var projectID: String
    package var endpoint: String?
    package var scopes: [String]
    /// `nil`: those of the machine or the environment.
    package var credentials: Credentials?

    package init(projectID: String, endpoint: String?, scopes: [String], credentials: Credentials?) {
        self.projectID = projectID
        self.endpoint = endpoint
        self.scopes = scopes
        self.credentials = credentials
    }
}
