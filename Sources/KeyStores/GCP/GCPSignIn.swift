import Certificates
import Cryptography
import HTTPClient
import JSON
import KESProtocol
import Notation

/// Asks Google for access tokens; credential files are read anew for each.
struct GCPSignIn: Sendable {
    private typealias Fresh = TokenSource<String>.Fresh

    private static let lifetime = 3600

    let client: StoreClient
    /// Asks the metadata server, which is never behind a proxy.
    let neighbour: StoreClient
    let configuration: GCPConfiguration

    private var scopes: [String] {
        configuration.scopes.isEmpty ? [GCPConfiguration.scope] : configuration.scopes
    }

    /// The configuration's credentials, else those of the environment's file, else the machine's.
    func credentials() async throws(KeyStoreError) -> GCPCredentials {
        if let given = configuration.credentials { return .serviceAccount(given) }
        if let file = configuration.ambient.file { return try await GCPCredentials(file: file) }
        return .metadata(host: configuration.ambient.metadataHost)
    }

    func token() async throws(KeyStoreError) -> TokenSource<String>.Fresh {
        let time = CallTime()
        switch try await credentials() {
        case .serviceAccount(let account):
            return try await token(
                from: account.tokenURL,
                [
                    ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                    ("assertion", try assertion(account)),
                ], time)
        case .user(let clientID, let clientSecret, let refreshToken, let tokenURL):
            return try await token(
                from: tokenURL,
                [
                    ("grant_type", "refresh_token"), ("client_id", clientID),
                    ("client_secret", clientSecret.text), ("refresh_token", refreshToken.text),
                ], time)
        case .federated(let federation): return try await token(for: federation, time)
        case .metadata(let host):
            let url =
                "http://\(host)/computeMetadata/v1/instance/service-accounts/default/token?scopes="
                + PercentEncoding.encode(scopes.joined(separator: ","))
            var request = StoreRequest(.get, url, isRepeatable: true)
            request.headers = [("Metadata-Flavor", "Google")]
            return try token(in: try await neighbour.send(request, time))
        }
    }

    /// Throws for credentials that can never serve, whatever Google says of them.
    func examine() async throws(KeyStoreError) {
        if case .serviceAccount(let account) = try await credentials() { _ = try key(of: account) }
    }

    // MARK: Parts

    private func key(of account: GCPConfiguration.Credentials) throws(KeyStoreError) -> PrivateKey {
        do throws(CertificateError) { return try PrivateKey.readPEM(account.privateKey.bytes, password: nil) } catch {
            throw .unavailable("gcp: the private key of \(account.clientEmail) cannot be used: \(error)")
        }
    }

    /// The claim of a service account: RS256, an hour long.
    private func assertion(_ account: GCPConfiguration.Credentials) throws(KeyStoreError) -> String {
        let key = try key(of: account)
        let now = RFC3339Time.now.seconds
        return try JSONWebToken.sign(
            header: account.privateKeyID.isEmpty ? [] : [("kid", .string(account.privateKeyID))],
            claims: [
                ("iss", .string(account.clientEmail)), ("scope", .string(scopes.joined(separator: " "))),
                ("aud", .string(account.tokenURL)), ("iat", .number("\(now)")),
                ("exp", .number("\(now + Int64(Self.lifetime))")),
            ], key: key, scheme: .rsaPKCS1SHA256)
    }

    private func token(for federation: GCPFederation, _ time: CallTime) async throws(KeyStoreError) -> Fresh {
        let subject: [UInt8]
        switch federation.subjectToken {
        case .file(let path): subject = try await CredentialFile.read(path).withUnsafeBytes { Array($0) }
        case .url(let url, let headers):
            var request = StoreRequest(.get, url, isRepeatable: true)
            request.headers = headers
            let answer = try await client.send(request, time)
            guard answer.isSuccess else {
                throw .notAuthorized("gcp: the source of the subject token answers with status \(answer.status)")
            }
            subject = answer.body
        }
        guard let subjectToken = federation.token(in: subject) else {
            throw .notAuthorized("gcp: the source of the subject token holds none")
        }
        let isImpersonating = federation.impersonationURL != nil
        let exchanged = try await token(
            from: federation.tokenURL,
            [
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("audience", federation.audience),
                ("scope", isImpersonating ? GCPConfiguration.scope : scopes.joined(separator: " ")),
                ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
                ("subject_token", subjectToken), ("subject_token_type", federation.subjectTokenType),
            ], time)
        guard let url = federation.impersonationURL else { return exchanged }
        var request = StoreRequest(.post, url, isRepeatable: true)
        request.headers = [("Content-Type", "application/json"), ("Authorization", "Bearer \(exchanged.token)")]
        request.body =
            JSONValue.object([
                ("scope", .array(scopes.map(JSONValue.string))),
                ("lifetime", .string("\(federation.impersonatedLifetime)s")),
            ]).bytes
        return try token(in: try await client.send(request, time))
    }

    private func token(
        from url: String, _ fields: [(name: String, value: String)], _ time: CallTime
    ) async throws(KeyStoreError) -> Fresh {
        var request = StoreRequest(.post, url, isRepeatable: true)
        request.headers = [FormBody.contentType]
        request.body = FormBody.encode(fields)
        return try token(in: try await client.send(request, time))
    }

    /// `access_token` and `expires_in` in seconds, or of a service account `accessToken` and `expireTime`.
    private func token(in answer: StoreAnswer) throws(KeyStoreError) -> Fresh {
        guard answer.isSuccess else {
            let said = answer.json
            let error = said?["error"]
            let text = said?["error_description"]?.string ?? error?["message"]?.string ?? error?.string
            let words = text.map { ": \(StoreAnswer.legible($0))" } ?? ""
            // 400 and 401 are what Google says of credentials that it does not take; the rest passes.
            guard [400, 401, 403].contains(answer.status) else {
                throw .unavailable("gcp: no token, status \(answer.status)\(words)")
            }
            throw .notAuthorized("gcp: Google gives no token for the credentials, status \(answer.status)\(words)")
        }
        let document = try answer.document(of: "gcp")
        if let token = document["access_token"]?.string {
            return .init(token: token, lifetime: .seconds(document["expires_in"]?.integer ?? Self.lifetime))
        }
        if let token = document["accessToken"]?.string {
            let end = document["expireTime"]?.string.flatMap(RFC3339Time.init)
            let lifetime = end.map { max(0, $0.seconds - RFC3339Time.now.seconds) } ?? Int64(Self.lifetime)
            return .init(token: token, lifetime: .seconds(lifetime))
        }
        throw .unavailable("gcp: the answer of the token service holds no token")
    }
}
