import Cryptography
import HTTPClient
import Logging

/// A vault or Managed HSM: sends it requests, with a token that it accepts.
final class AzureVault: Sendable {
    /// What is asked of a vault.
    struct Request: Sendable {
        var method: HTTPClientMethod
        /// Begins with a slash; may have a query.
        var path: String
        /// JSON, where there is something to send.
        var body: SecretBytes?
        /// Other than the usual ones.
        var retries: RetryPolicy?

        init(_ method: HTTPClientMethod, _ path: String, body: SecretBytes? = nil, retries: RetryPolicy? = nil) {
            self.method = method
            self.path = path
            self.body = body
            self.retries = retries
        }
    }

    let endpoint: AzureEndpoint
    private let apiVersion: String
    private let client: StoreClient
    private let tokens: TokenSource<SecretText>
    private let authorized: AuthorizedClient<SecretText>

    /// - Parameter challengePath: A request for it without a token is refused with the challenge.
    init(
        _ endpoint: String, _ credentials: AzureConfiguration.Credentials, challengePath: String, apiVersion: String,
        environment: [String: String], logger: Logger
    ) throws(KeyStoreError) {
        let endpoint = try AzureEndpoint(endpoint)
        let client = try StoreClient("azure", HTTPClientConfiguration())
        let signIn = try AzureSignIn(credentials, environment: environment)
        let challengeURL = "\(endpoint.origin)\(challengePath)?api-version=\(apiVersion)"
        self.endpoint = endpoint
        self.apiVersion = apiVersion
        self.client = client
        tokens = TokenSource("azure: token", logger: logger) { (_) throws(KeyStoreError) in
            let time = CallTime()
            let challenge = try await Self.challenge(client, endpoint, challengeURL, time)
            return try await signIn.token(challenge, time)
        }
        authorized = AuthorizedClient(client: client, tokens: tokens) { ("authorization", "Bearer \($0.text)") }
    }

    // MARK: Authentication

    var tokenExpiry: ContinuousClock.Instant? { tokens.expiry }

    func run() async { await tokens.run() }

    /// Asked for with every new token: it is cheap, and a vault that has moved to another tenant or cloud is followed.
    private static func challenge(
        _ client: StoreClient, _ endpoint: AzureEndpoint, _ url: String, _ time: CallTime
    ) async throws(KeyStoreError) -> AzureChallenge {
        var request = StoreRequest(.get, url, isRepeatable: true)
        request.wantedHeaders = ["www-authenticate"]
        let answer = try await client.send(request, time)
        guard answer.status == 401, let challenge = answer.header("www-authenticate").flatMap(AzureChallenge.init)
        else {
            throw AzureFailure(answer).challengeError(endpoint)
        }
        // Else a host that is no vault could have itself sent tokens that open one.
        guard endpoint.belongs(to: challenge.resource) else {
            throw .notAuthorized(
                "azure: \(endpoint.origin) wants a token for \(challenge.resource), to which it does not belong")
        }
        return challenge
    }

    // MARK: Calls

    /// The answer, whatever its status; a token that is refused is replaced once.
    func send(_ request: Request, _ time: CallTime) async throws(KeyStoreError) -> StoreAnswer {
        try await authorized.send(time) { unsigned(request) }
    }

    /// Whether the vault answers anybody at all; how long that took.
    func status() async throws(KeyStoreError) -> Duration {
        let begin = ContinuousClock.now
        let answer = try await client.send(StoreRequest(.get, "\(endpoint.origin)/", isRepeatable: true), CallTime())
        guard answer.status < 500 else { throw .unavailable("azure: \(endpoint.origin) answers \(answer.status)") }
        return .now - begin
    }

    private func unsigned(_ request: Request) -> StoreRequest {
        let version = request.path.contains("api-version=") ? "" : "?api-version=\(apiVersion)"
        // Everything that is asked may be asked again, but for what brings its own rules.
        var unsigned = StoreRequest(
            request.method, "\(endpoint.origin)\(request.path)\(version)", isRepeatable: request.retries == nil)
        unsigned.retries = request.retries
        if let body = request.body {
            unsigned.headers = [("content-type", "application/json")]
            unsigned.body = body.withUnsafeBytes { Array($0) }
        }
        return unsigned
    }
}

extension AzureFailure {
    fileprivate func challengeError(_ endpoint: AzureEndpoint) -> KeyStoreError {
        let text = "azure: \(endpoint.origin) does not say which tokens it takes (\(status) \(reason): \(message))"
        return status == 403 ? .notAuthorized(text) : .unavailable(text)
    }
}
