import Cryptography
import HTTPClient
import JSON

/// Carries calls to Vault, whoever makes them: with the headers that Vault wants, and to the node that it names instead.
struct VaultTransport: Sendable {
    /// A standby that does not forward requests names the active node; that one may name another in an election.
    private static let maximumRedirects = 3
    private static let location = "location"

    private let client: StoreClient
    private let settings: HTTPClientConfiguration
    private let endpoint: String

    /// Reads the certificates of the configuration.
    init(_ configuration: VaultConfiguration) throws(KeyStoreError) {
        let hasScheme = configuration.endpoint.contains("://")
        let address = hasScheme ? configuration.endpoint : "https://\(configuration.endpoint)"
        endpoint = String(address.reversed().drop { $0 == "/" }.reversed())
        var settings = HTTPClientConfiguration(trustingOnly: configuration.tls.authorities)
        settings.idleConnectionAge = .seconds(10)
        if let certificate = configuration.tls.certificate, let key = configuration.tls.key {
            settings.clientCertificate = .files(certificate: certificate, key: key, password: nil)
        }
        self.settings = settings
        var retries = RetryPolicy.standard
        // 412: the node has not yet heard of what another one has told us.
        retries.isTransient = { RetryPolicy.standard.isTransient($0) || $0.status == 412 }
        client = try StoreClient("vault", settings, retries: retries)
    }

    /// Takes the certificates from their files anew, which may have been replaced.
    func readCertificates() throws(KeyStoreError) { try client.replace(settings) }

    /// The answer of the node that is responsible, whatever its status.
    func send(
        _ call: VaultCall, token: SecretText?, namespace: String?, _ time: CallTime
    ) async throws(KeyStoreError) -> StoreAnswer {
        var url = "\(endpoint)/v1/\(call.path.encoded)\(call.query.map { "?\($0)" } ?? "")"
        for _ in 0...Self.maximumRedirects {
            var request = StoreRequest(call.method, url, isRepeatable: call.isRepeatable)
            request.headers = [("X-Vault-Request", "true")]
            if let token { request.headers.append(("X-Vault-Token", token.text)) }
            if let namespace { request.headers.append(("X-Vault-Namespace", namespace)) }
            request.body = call.document?.bytes ?? []
            request.retries = call.retries
            request.maxAnswerBytes = call.maxAnswerBytes
            request.wantedHeaders = [Self.location]
            let answer = try await client.send(request, time)
            guard [301, 302, 307, 308].contains(answer.status), let location = answer.header(Self.location) else {
                return answer
            }
            url = try Self.target(of: location, from: url)
        }
        throw .unavailable("vault: \(call.title): more than \(Self.maximumRedirects) redirects")
    }

    /// The URL that a redirect leads to; the token goes there too, so never from TLS to a connection without.
    private static func target(of location: String, from url: String) throws(KeyStoreError) -> String {
        if location.hasPrefix("/"), !location.hasPrefix("//") {
            // scheme: // host / path
            return url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).prefix(3)
                .joined(separator: "/") + location
        }
        guard location.hasPrefix("https://") || (location.hasPrefix("http://") && url.hasPrefix("http://")) else {
            throw .unavailable("vault: a redirect to '\(location)' is not followed")
        }
        return location
    }
}
