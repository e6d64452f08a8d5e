import Cryptography
import JSON

/// What a token of Google Cloud is had for.
enum GCPCredentials: Sendable {
    /// A claim that the account's private key signs.
    case serviceAccount(GCPConfiguration.Credentials)
    /// What `gcloud auth application-default login` leaves.
    case user(clientID: String, clientSecret: SecretText, refreshToken: SecretText, tokenURL: String)
    /// An identity of another provider, which Google's token service exchanges.
    case federated(GCPFederation)
    /// The machine's own account; the server's `host` or `host:port`.
    case metadata(host: String)

    /// Reads a file of Google's kind; what is wrong with it is ``KeyStoreError/unavailable(_:)``, without its content.
    init(file path: String) async throws(KeyStoreError) {
        let text = try await CredentialFile.read(path).withUnsafeBytes { Array($0) }
        guard let json = JSONValue(text) else {
            throw .unavailable("gcp: '\(path)' is not JSON")
        }
        switch json["type"]?.string {
        case "service_account":
            self = .serviceAccount(
                .init(
                    clientEmail: try json.text("client_email", in: path),
                    clientID: json["client_id"]?.string ?? "",
                    privateKeyID: json["private_key_id"]?.string ?? "",
                    privateKey: SecretText(try json.text("private_key", in: path)),
                    tokenURL: json["token_uri"]?.string ?? GCPConfiguration.Credentials.tokenURL))
        case "authorized_user":
            self = .user(
                clientID: try json.text("client_id", in: path),
                clientSecret: SecretText(try json.text("client_secret", in: path)),
                refreshToken: SecretText(try json.text("refresh_token", in: path)),
                tokenURL: json["token_uri"]?.string ?? GCPConfiguration.Credentials.tokenURL)
        case "external_account": self = .federated(try GCPFederation(json, in: path))
        case let type:
            throw .unavailable(
                "gcp: '\(path)' has credentials of type '\(type ?? "")'; "
                    + "service_account, authorized_user and external_account can be used")
        }
    }
}

extension JSONValue {
    /// A text of a credential file that has to be there.
    func text(_ name: String, in path: String) throws(KeyStoreError) -> String {
        guard let text = self[name]?.string, !text.isEmpty else {
            throw .unavailable("gcp: '\(path)' lacks \(name)")
        }
        return text
    }
}
