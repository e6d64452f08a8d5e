package import Cryptography
import HTTPClient
import JSON
package import KESProtocol
package import Logging
import Notation

/// Keys as secrets of a Thales CipherTrust Manager, once Gemalto KeySecure.
///
/// See <doc:Gemalto> for calls, rights and faults.
package final class GemaltoKeyStore: KeyStore {
    private static let pageSize = 200

    private let client: StoreClient
    private let endpoint: String
    private let tokens: TokenSource<String>
    private let authorized: AuthorizedClient<String>
    private let listings = KeptListings()

    /// A configured authority replaces those of the system.
    package init(_ configuration: GemaltoConfiguration, logger: Logger) throws(KeyStoreError) {
        let endpoint = StoreEndpoint.url(configuration.endpoint)
        let client = try StoreClient("gemalto", HTTPClientConfiguration(trustingOnly: configuration.authorities))
        self.endpoint = endpoint
        self.client = client
        tokens = TokenSource("gemalto: token", logger: logger) { (_) throws(KeyStoreError) in
            try await Self.signIn(configuration, client, endpoint)
        }
        authorized = AuthorizedClient(client: client, tokens: tokens) { ("Authorization", "Bearer \($0)") }
    }

    package var title: String { "Gemalto KeySecure: \(endpoint)" }

    // MARK: Authentication

    package var credentialExpiry: ContinuousClock.Instant? { tokens.expiry }

    package func run() async { await tokens.run() }

    /// A token for the refresh token of the configuration.
    private static func signIn(
        _ configuration: GemaltoConfiguration, _ client: StoreClient, _ endpoint: String
    ) async throws(KeyStoreError) -> TokenSource<String>.Fresh {
        var members: [(name: String, value: JSONValue)] = [
            ("grant_type", .string("refresh_token")),
            ("refresh_token", .string(configuration.token.text)),
        ]
        if let domain = configuration.domain { members.append(("domain", .string(domain))) }
        var request = StoreRequest(.post, "\(endpoint)/api/v1/auth/tokens", isRepeatable: true)
        request.headers = [("Content-Type", "application/json")]
        request.body = JSONValue.object(members).bytes
        let answer = try await client.send(request, CallTime())
        guard answer.isSuccess else {
            throw failure(answer, needing: "a refresh token that is valid in the domain")
        }
        let document = try answer.document(of: "gemalto")
        guard let token = document["jwt"]?.string else {
            throw .unavailable("gemalto: the answer to the login holds no token")
        }
        return .init(token: token, lifetime: .seconds(document["duration"]?.integer ?? 300))
    }

    // MARK: Calls

    package func status() async throws(KeyStoreError) -> Duration {
        let time = CallTime()
        _ = try await tokens.token(time)
        let start = ContinuousClock.now
        // Any answer shows that the service is there; what the account may do is shown by calls.
        _ = try await client.send(StoreRequest(.get, endpoint, isRepeatable: true), time)
        return ContinuousClock.now - start
    }

    package func create(_ name: KeyName, _ value: SecretBytes) async throws(KeyStoreError) {
        let time = CallTime()
        let answer = try await authorized.send(time) {
            let material = String(decoding: value.withUnsafeBytes { Array($0) }, as: UTF8.self)
            var request = StoreRequest(.post, "\(endpoint)/api/v1/vault/secrets", isRepeatable: true)
            request.headers = [("Content-Type", "application/json")]
            request.body =
                JSONValue.object([
                    ("dataType", .string("seed")), ("name", .string(name.text)), ("material", .string(material)),
                ]).bytes
            return request
        }
        if answer.status == 409, answer.words?.hasPrefix("NCERRConflict") == true {
            // Names are unique, so the store decides who was first: maybe an earlier try of this call.
            guard answer.mayHaveHappenedBefore, try await export(name, time)?.isEqual(to: value) == true else {
                throw .keyExists
            }
            return
        }
        guard answer.isSuccess else { throw Self.failure(answer, needing: "to create secrets (CreateSecret)") }
        _ = try answer.document(of: "gemalto")
    }

    package func get(_ name: KeyName) async throws(KeyStoreError) -> SecretBytes {
        guard let value = try await export(name, CallTime()) else { throw .keyNotFound }
        return value
    }

    /// A key that does not exist is as good as deleted, as KES has it for this store.
    package func delete(_ name: KeyName) async throws(KeyStoreError) {
        let url = "\(self.url(name))?type=name"
        let answer = try await authorized.send(CallTime()) { StoreRequest(.delete, url, isRepeatable: true) }
        if answer.isAbsence { return }
        guard answer.isSuccess else { throw Self.failure(answer, needing: "to delete secrets (DeleteSecret)") }
    }

    /// Walks through all secrets, since the order in which the store has them is its own.
    package func list(prefix: String, after last: String?, limit: Int) async throws(KeyStoreError) -> KeyNamePage {
        let time = CallTime()
        return try await listings.page(prefix: prefix, after: last, limit: limit) { (add) throws(KeyStoreError) in
            var count = 0
            while true {
                let url = "\(endpoint)/api/v1/vault/secrets?limit=\(Self.pageSize)&skip=\(count)"
                let answer = try await authorized.send(time) { StoreRequest(.get, url, isRepeatable: true) }
                guard answer.isSuccess else { throw Self.failure(answer, needing: "to list secrets (ReadSecret)") }
                let document = try answer.document(of: "gemalto")
                let secrets = document["resources"]?.elements ?? []
                for secret in secrets { if let name = secret["name"]?.string { add(name) } }
                count += secrets.count
                let isLast = document["total"]?.integer.map { count >= $0 } ?? false
                if secrets.isEmpty || isLast { return }
            }
        }
    }

    // MARK: Parts

    private func url(_ name: KeyName) -> String {
        "\(endpoint)/api/v1/vault/secrets/\(PercentEncoding.encode(name.text))"
    }

    /// `nil`: there is no such secret.
    private func export(_ name: KeyName, _ time: CallTime) async throws(KeyStoreError) -> SecretBytes? {
        let url = "\(self.url(name))/export?type=name"
        let answer = try await authorized.send(time) { StoreRequest(.post, url, isRepeatable: true) }
        if answer.isAbsence { return nil }
        guard answer.isSuccess else { throw Self.failure(answer, needing: "to export secrets (ExportSecret)") }
        guard let material = try answer.document(of: "gemalto")["material"]?.string else {
            throw .corrupt("gemalto: the secret has no material")
        }
        return SecretBytes(Array(material.utf8))
    }

    // MARK: Errors

    private static func failure(_ answer: StoreAnswer, needing right: String) -> KeyStoreError {
        answer.failure(of: "gemalto", saying: answer.words, needing: right)
    }
}

extension StoreAnswer {
    /// `codeDesc` of the store's own errors.
    fileprivate var words: String? { json?["codeDesc"]?.string }

    /// A 404 that is the store's own, and not that of a proxy or a wrong address.
    fileprivate var isAbsence: Bool { status == 404 && words?.hasPrefix("NCERRResourceNotFound") == true }
}
