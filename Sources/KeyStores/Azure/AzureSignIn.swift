import Certificates
import Cryptography
import Glibc
import HTTPClient
import JSON
import Notation

/// Asks Microsoft Entra ID, or the machine's identity service, for tokens.
struct AzureSignIn: Sendable {
    typealias Fresh = TokenSource<SecretText>.Fresh

    let identity: AzureIdentity
    /// Gives out tokens whatever the vault says: `AZURE_AUTHORITY_HOST`.
    private let authority: String?
    private let client: StoreClient

    init(_ credentials: AzureConfiguration.Credentials, environment: [String: String]) throws(KeyStoreError) {
        identity = AzureIdentity(credentials, environment: environment)
        if let given = environment["AZURE_AUTHORITY_HOST"], !given.isEmpty {
            authority = try AzureEndpoint(given).origin
        } else {
            authority = nil
        }
        switch identity {
        case .secret, .certificate, .federated: client = try StoreClient("azure", HTTPClientConfiguration())
        case .machine:
            // The machine's service says 404 and 410 while it is being set up.
            var retries = RetryPolicy.standard
            retries.isTransient = { [404, 408, 410, 429, 500, 502, 503, 504].contains($0.status) }
            client = try .ofNeighbour("azure", retries: retries)
        case .appService: client = try .ofNeighbour("azure")
        }
    }

    /// A token for the vault that made the challenge.
    func token(_ challenge: AzureChallenge, _ time: CallTime) async throws(KeyStoreError) -> Fresh {
        switch identity {
        case .secret(let application, let secret):
            let text = secret.text
            return try await grant(challenge, application, [("client_secret", text)], time)
        case .certificate(let application, let path, let password):
            let assertion = try await Self.assertion(
                application, path: path, password: password, audience: try url(challenge, application))
            return try await grant(challenge, application, Self.fields(assertion), time)
        case .federated(let application, let path):
            let token = try await CredentialFile.readText(path)
            return try await grant(challenge, application, Self.fields(token), time)
        case .machine(let endpoint, let clientID):
            let url = "\(endpoint)/metadata/identity/oauth2/token?api-version=2018-02-01"
            return try await managed(challenge, url, clientID, ("metadata", "true"), time)
        case .appService(let endpoint, let secret, let clientID):
            let header = ("x-identity-header", secret.text)
            return try await managed(challenge, "\(endpoint)?api-version=2019-08-01", clientID, header, time)
        }
    }

    // MARK: Applications

    private func grant(
        _ challenge: AzureChallenge, _ application: AzureIdentity.Application,
        _ proof: [(name: String, value: String)], _ time: CallTime
    ) async throws(KeyStoreError) -> Fresh {
        var request = StoreRequest(.post, try url(challenge, application), isRepeatable: true)
        request.headers = [FormBody.contentType, ("accept", "application/json")]
        request.body = FormBody.encode(
            [("grant_type", "client_credentials"), ("client_id", application.clientID)] + proof
                + [("scope", "\(challenge.resource)/.default")])
        return try fresh(try await client.send(request, time))
    }

    private func url(
        _ challenge: AzureChallenge, _ application: AzureIdentity.Application
    ) throws(KeyStoreError) -> String {
        guard authority != nil || challenge.namesKnownAuthority else {
            throw .notAuthorized(
                "azure: the vault wants tokens of \(challenge.authority), which is none of Microsoft's known hosts; "
                    + "set AZURE_AUTHORITY_HOST to it if it is to be trusted with the credentials")
        }
        let tenant = PercentEncoding.encode(application.tenantID)
        return "\(authority ?? challenge.authority)/\(tenant)/oauth2/v2.0/token"
    }

    private static func fields(_ assertion: String) -> [(name: String, value: String)] {
        [
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion),
        ]
    }

    /// Shows that the server has the certificate's private key, for ten minutes.
    private static func assertion(
        _ application: AzureIdentity.Application, path: String, password: SecretText?, audience: String
    ) async throws(KeyStoreError) -> String {
        var pem = try await CredentialFile.read(path).withUnsafeBytes { Array($0) }
        defer { wipe(&pem) }
        let key: PrivateKey
        let certificate: Certificate?
        do throws(CertificateError) {
            key = try PrivateKey.readPEM(pem, password: password?.bytes)
            certificate = try Certificate.allPEM(pem).first { $0.publicKeyDER == key.publicKeyDER }
        } catch {
            throw .notAuthorized("azure: the credentials in \(path) cannot be used: \(error)")
        }
        guard let certificate else {
            throw .notAuthorized("azure: no certificate in \(path) is that of its private key")
        }
        let thumbprint = Base64URL.encode(Digest.hash(.sha256, certificate.der))
        let now = Int64(Glibc.time(nil))
        return try JSONWebToken.sign(
            header: [("x5t#S256", .string(thumbprint))],
            claims: [
                ("aud", .string(audience)), ("iss", .string(application.clientID)),
                ("sub", .string(application.clientID)), ("jti", .string(Hex.encode(SecureRandom.bytes(16)))),
                ("nbf", .number("\(now - 60)")), ("iat", .number("\(now)")), ("exp", .number("\(now + 600)")),
            ],
            // AD FS, which is told by its only tenant's name, does not know the newer padding.
            key: key, scheme: application.tenantID == "adfs" ? .rsaPKCS1SHA256 : .rsaPSSSHA256)
    }

    // MARK: Managed identities

    private func managed(
        _ challenge: AzureChallenge, _ url: String, _ clientID: String?, _ header: (name: String, value: String),
        _ time: CallTime
    ) async throws(KeyStoreError) -> Fresh {
        var url = "\(url)&resource=\(PercentEncoding.encode(challenge.resource))"
        if let clientID { url += "&client_id=\(PercentEncoding.encode(clientID))" }
        var request = StoreRequest(.get, url, isRepeatable: true)
        request.headers = [header]
        return try fresh(try await client.send(request, time))
    }

    // MARK: Answers

    private func fresh(_ answer: StoreAnswer) throws(KeyStoreError) -> Fresh {
        guard answer.isSuccess else { throw refusal(answer) }
        let json = try answer.document(of: "azure: sign-in")
        guard let token = json["access_token"]?.string, !token.isEmpty else {
            throw .unavailable("azure: the answer to the sign-in of \(identity) has no token")
        }
        // The services of machines spell numbers as texts, and one of them says when rather than how long.
        let seconds = { (name: String) in json[name]?.integer ?? json[name]?.string.flatMap { Int($0) } }
        let lifetime = seconds("expires_in") ?? seconds("expires_on").map { $0 - Glibc.time(nil) }
        guard let lifetime, lifetime > 0 else {
            throw .unavailable("azure: the answer to the sign-in of \(identity) does not say how long the token lives")
        }
        return Fresh(token: SecretText(token), lifetime: .seconds(min(lifetime, 86_400)))
    }

    private func refusal(_ answer: StoreAnswer) -> KeyStoreError {
        let json = answer.json
        let message = json?["error_description"]?.string ?? json?["error"]?.string
        let reason = AzureFailure.short(message ?? "no reason given")
        switch answer.status {
        case 400, 401, 403:
            return .notAuthorized(
                "azure: the sign-in of \(identity) was refused by its identity service (\(answer.status)): \(reason)")
        default:
            return .unavailable("azure: the sign-in of \(identity) failed (\(answer.status)): \(reason)")
        }
    }
}
