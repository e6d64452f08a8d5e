/// Google Cloud Secret Manager.
package struct GCPConfiguration: Sendable {
    package struct Credentials: Sendable {
        package static let tokenURL = "https://oauth2.googleapis.com/token"

        package var clientEmail: String
        package var clientID: String
        package var privateKeyID: String
        /// PEM.
        package var privateKey: SecretText
        /// Where a token is had for a signed claim.
        package var tokenURL: String

        package init(
            clientEmail: String, clientID: String, privateKeyID: String, privateKey: SecretText,
            tokenURL: String = Self.tokenURL
        ) {
            self.clientEmail = clientEmail
            self.clientID = clientID
            self.privateKeyID = privateKeyID
            self.privateKey = privateKey
            self.tokenURL = tokenURL
        }
    }

    /// Where the credentials of the machine or the environment are looked for.
    package struct Ambient: Sendable {
        /// A file of Google's kind: of a service account, a user, or an identity of another provider.
        package var file: String?
        /// `host` or `host:port` of the metadata server.
        package var metadataHost: String

        package static let metadataHost = "metadata.google.internal"

        package init(file: String? = nil, metadataHost: String = Self.metadataHost) {
            self.file = file
            self.metadataHost = metadataHost
        }

        /// `GOOGLE_APPLICATION_CREDENTIALS` names the file, `GCE_METADATA_HOST` the server.
        package init(environment: [String: String]) {
            let file = environment["GOOGLE_APPLICATION_CREDENTIALS"].flatMap { $0.isEmpty ? nil : $0 }
            let host = environment["GCE_METADATA_HOST"].flatMap { $0.isEmpty ? nil : $0 }
            self.init(file: file, metadataHost: host ?? Self.metadataHost)
        }
    }

    package static let endpoint = "https://secretmanager.googleapis.com"
    package static let scope = "https://www.googleapis.com/auth/cloud-platform"

    package var projectID: String
    /// A URL, or a host with or without a port.
    package var endpoint: String?
    /// Empty: ``scope`` alone.
    package var scopes: [String]
    /// `nil`: those of the machine or the environment.
    package var credentials: Credentials?
    package var ambient: Ambient

    package init(
        projectID: String, endpoint: String?, scopes: [String], credentials: Credentials?,
        ambient: Ambient = Ambient()
    ) {
        self.projectID = projectID
        self.endpoint = endpoint
        self.scopes = scopes
        self.credentials = credentials
        self.ambient = ambient
    }
}
