package import Cryptography
import HTTPClient
import JSON
package import KESProtocol
package import Logging
import Notation

/// Keys as secrets in a box of an Entrust KeyControl vault.
///
/// See <doc:Entrust> for calls, rights and faults.
package final class EntrustKeyStore: KeyStore {
    private static let pageSize = 256

    private let configuration: EntrustConfiguration
    private let endpoint: String
    private let tokens: TokenSource<String>
    private let authorized: AuthorizedClient<String>
    private let walk = NameWalk()

    /// A configured authority is trusted besides those of the system.
    package init(_ configuration: EntrustConfiguration, logger: Logger) throws(KeyStoreError) {
        var http = HTTPClientConfiguration()
        if let authorities = configuration.authorities { http.caPaths = [authorities] }
        self.configuration = configuration
        endpoint = StoreEndpoint.url(configuration.endpoint)
        let client = try StoreClient("entrust", http)
        let login = EntrustLogin(client: client, endpoint: endpoint, configuration: configuration, logger: logger)
        tokens = TokenSource("entrust: token", logger: logger) { (old) throws(KeyStoreError) in
            try await login.token(old)
        }
        authorized = AuthorizedClient(client: client, tokens: tokens) { (EntrustLogin.header, $0) }
    }

    package var title: String { "Entrust KeyControl: \(endpoint)" }

    // MARK: Authentication

    package var credentialExpiry: ContinuousClock.Instant? { tokens.expiry }

    package func run() async { await tokens.run() }

    // MARK: Calls

    package func status() async throws(KeyStoreError) -> Duration {
        let time = CallTime()
        _ = try await tokens.token(time)
        let start = ContinuousClock.now
        let answer = try await call("GetBox", time, [])
        guard answer.isSuccess else { throw answer.entrustFailure(needing: "to read the box (GetBox)") }
        return ContinuousClock.now - start
    }

    package func create(_ name: KeyName, _ value: SecretBytes) async throws(KeyStoreError) {
        let time = CallTime()
        let data = Base64.encode(value.withUnsafeBytes { Array($0) })
        let answer = try await call(
            "CreateSecret", time, [("name", .string(name.text)), ("secret_data", .string(data))])
        if answer.status == 409, answer.says("already exists") {
            // Names are unique in a box, so the store decides who was first: maybe an earlier try of this call.
            guard answer.mayHaveHappenedBefore, try await checkout(name, time)?.isEqual(to: value) == true else {
                throw .keyExists
            }
            return
        }
        guard answer.isSuccess else { throw answer.entrustFailure(needing: "to create secrets (CreateSecret)") }
        _ = try answer.document(of: "entrust")
    }

    package func get(_ name: KeyName) async throws(KeyStoreError) -> SecretBytes {
        guard let value = try await checkout(name, CallTime()) else { throw .keyNotFound }
        return value
    }

    package func delete(_ name: KeyName) async throws(KeyStoreError) {
        let answer = try await call("DeleteSecret", CallTime(), [("secret_id", .string(name.text))])
        if answer.isAbsence {
            guard answer.mayHaveHappenedBefore else { throw .keyNotFound }
            return
        }
        guard answer.isSuccess else { throw answer.entrustFailure(needing: "to delete secrets (DeleteSecret)") }
    }

    package func list(prefix: String, after last: String?, limit: Int) async throws(KeyStoreError) -> KeyNamePage {
        let time = CallTime()
        return try await walk.page(prefix: prefix, after: last, limit: limit, from: cursor) {
            (token) throws(KeyStoreError) in
            var members: [(name: String, value: JSONValue)] = [("max_items", .number("\(Self.pageSize)"))]
            if let token { members.append(("next_token", .string(token))) }
            let answer = try await call("ListSecretIds", time, members)
            guard answer.isSuccess else { throw answer.entrustFailure(needing: "to list secrets (ListSecretIds)") }
            let document = try answer.document(of: "entrust")
            let names = (document["secrets"]?.elements ?? []).compactMap { $0["name"]?.string }
            let next = document["next_token"]?.string.flatMap { $0.isEmpty ? nil : $0 }
            // A token that leads back to where it came from would lead round for ever.
            return NameWalk.StorePage(names: names, next: next == token ? nil : next)
        }
    }

    // MARK: Parts

    /// The token of a page that begins with a name, as the store makes them itself.
    private func cursor(_ name: String) -> String {
        let token = JSONValue.object([("box_id", .string(configuration.boxID)), ("next_ctx", .string(name))])
        return Base64.encode(token.bytes)
    }

    /// `nil`: there is no such secret.
    private func checkout(_ name: KeyName, _ time: CallTime) async throws(KeyStoreError) -> SecretBytes? {
        let answer = try await call("CheckoutSecret", time, [("secret_id", .string(name.text))])
        if answer.isAbsence { return nil }
        guard answer.isSuccess else { throw answer.entrustFailure(needing: "to read secrets (CheckoutSecret)") }
        guard var bytes = try answer.document(of: "entrust")["secret_data"]?.string.flatMap({ Base64.decode($0) })
        else { throw .corrupt("entrust: the secret has no data in base64") }
        return SecretBytes(moving: &bytes)
    }

    private func call(
        _ name: String, _ time: CallTime, _ members: [(name: String, value: JSONValue)]
    ) async throws(KeyStoreError) -> StoreAnswer {
        try await authorized.send(time) {
            // Repeatable even where it changes something: what is there afterwards is looked at.
            var request = StoreRequest(.post, "\(endpoint)/vault/1.0/\(name)/", isRepeatable: true)
            request.headers = [("Content-Type", "application/json")]
            request.body = JSONValue.object([("box_id", .string(configuration.boxID))] + members).bytes
            return request
        }
    }
}

// MARK: Errors

extension StoreAnswer {
    /// The store says in `error` what is wrong.
    private var words: String? { json?["error"]?.string }

    fileprivate func says(_ text: String) -> Bool { words?.contains(text) ?? false }

    /// The box may be what does not exist: only a missing secret is a missing key.
    fileprivate var isAbsence: Bool { status == 404 && says("Secret not found") }

    func entrustFailure(needing right: String) -> KeyStoreError {
        failure(of: "entrust", saying: words, needing: right)
    }
}
