import HTTPClient
import JSON
import KESProtocol
import Logging
import Notation

/// Obtains the tokens of KeyControl: by renewing the one that serves, else by name and password.
struct EntrustLogin: Sendable {
    static let header = "X-Vault-Auth"
    /// Of a token whose end the store does not say.
    private static let standardLifetime = Duration.seconds(300)

    let client: StoreClient
    let endpoint: String
    let configuration: EntrustConfiguration
    let logger: Logger

    func token(_ old: String?) async throws(KeyStoreError) -> TokenSource<String>.Fresh {
        let time = CallTime()
        if let old {
            do throws(KeyStoreError) { return try await renew(old, time) } catch {
                if error == .cancelled { throw error }
                logger.info("entrust: the token is not renewed; signing in", metadata: ["cause": "\(error)"])
            }
        }
        var request = StoreRequest(
            .post, "\(endpoint)/vault/1.0/Login/\(PercentEncoding.encode(configuration.vaultID))/", isRepeatable: true)
        request.headers = [("Content-Type", "application/json")]
        request.body =
            JSONValue.object([
                ("username", .string(configuration.username)),
                ("password", .string(configuration.password.text)),
            ]).bytes
        let answer = try await client.send(request, time)
        return try token(in: answer)
    }

    private func renew(_ old: String, _ time: CallTime) async throws(KeyStoreError) -> TokenSource<String>.Fresh {
        var request = StoreRequest(.post, "\(endpoint)/vault/1.0/Renew/", isRepeatable: true)
        request.headers = [(Self.header, old)]
        return try token(in: try await client.send(request, time))
    }

    private func token(in answer: StoreAnswer) throws(KeyStoreError) -> TokenSource<String>.Fresh {
        guard answer.isSuccess else {
            throw answer.entrustFailure(needing: "the name and password of a user of the vault")
        }
        let document = try answer.document(of: "entrust")
        guard let token = document["access_token"]?.string, !token.isEmpty else {
            throw .unavailable("entrust: the answer to the login holds no token")
        }
        let end = document["expires_at"]?.string.flatMap(RFC3339Time.init)
        let lifetime = end.map { Duration.seconds(max(1, $0.seconds - RFC3339Time.now.seconds)) }
        return .init(token: token, lifetime: lifetime ?? Self.standardLifetime)
    }
}
