package import Cryptography
import HTTPClient
package import KESProtocol
package import Logging
import Notation

/// Keys as secrets of Google Cloud Secret Manager, whose first version is the key as KES keeps it (``GCPVersion``).
///
/// See <doc:GCP> for calls, rights and faults.
package final class GCPKeyStore: ReplacingKeyStore {
    private let configuration: GCPConfiguration
    private let client: StoreClient
    private let endpoint: String
    private let tokens: TokenSource<String>
    private let secrets: GCPSecrets
    private let seen = GCPVersionMemory()
    private let listings = KeptListings()

    /// Reads the credentials once, so that those which can never serve end the start.
    package static func open(
        _ configuration: GCPConfiguration, logger: Logger
    ) async throws(KeyStoreError) -> GCPKeyStore {
        let client = try StoreClient("gcp", HTTPClientConfiguration())
        let signIn = GCPSignIn(client: client, neighbour: try .ofNeighbour("gcp"), configuration: configuration)
        try await signIn.examine()
        return GCPKeyStore(configuration, client, signIn, logger: logger)
    }

    private init(_ configuration: GCPConfiguration, _ client: StoreClient, _ signIn: GCPSignIn, logger: Logger) {
        self.configuration = configuration
        self.client = client
        endpoint = StoreEndpoint.url(configuration.endpoint ?? GCPConfiguration.endpoint)
        tokens = TokenSource("gcp: access token", logger: logger) { (_) throws(KeyStoreError) in
            try await signIn.token()
        }
        secrets = GCPSecrets(
            client: AuthorizedClient(client: client, tokens: tokens) { ("Authorization", "Bearer \($0)") },
            url: "\(endpoint)/v1/projects/\(PercentEncoding.encode(configuration.projectID))/secrets")
    }

    package var title: String { "GCP SecretManager: project \(configuration.projectID)" }

    // MARK: Authentication

    package var credentialExpiry: ContinuousClock.Instant? { tokens.expiry }

    package func run() async { await tokens.run() }

    // MARK: Calls

    package func status() async throws(KeyStoreError) -> Duration {
        let time = CallTime()
        _ = try await tokens.token(time)
        let start = ContinuousClock.now
        // Any answer shows that the service is there; what this account may do is shown by calls.
        _ = try await client.send(StoreRequest(.get, endpoint, isRepeatable: true), time)
        return ContinuousClock.now - start
    }

    /// Two calls make a key: its secret, and the secret's version 1, which decides who was first.
    ///
    /// A secret without a version 1 is what a crash between them leaves, and gets one.
    package func create(_ name: KeyName, _ value: SecretBytes) async throws(KeyStoreError) {
        let time = CallTime()
        switch try await secrets.create(name, time) {
        case .created, .existed(mayBeOurs: true): break
        case .existed(mayBeOurs: false):
            guard try await isUnfinished(name, time) else { throw .keyExists }
        }
        guard let number = try await secrets.add(value, to: name, time) else {
            throw .unavailable("gcp: the secret was deleted while it was made")
        }
        if number == 1 { return seen.note(name, 1) }
        // Another server was first; or this one, and it did not get to know.
        let first = try await secrets.version("1", of: name, time)
        guard let first, first.payload.isEqual(to: value) else { throw .keyExists }
    }

    package func get(_ name: KeyName) async throws(KeyStoreError) -> SecretBytes {
        let time = CallTime()
        guard let newest = try await newest(name, .seen, time) else { throw .keyNotFound }
        return try await value(newest, name, time)
    }

    /// Adds a version, which is valid if its number is the next one: the store gives out each number once.
    package func replace(_ name: KeyName, _ old: SecretBytes, with new: SecretBytes) async throws(KeyStoreError) {
        let time = CallTime()
        guard let newest = try await newest(name, .certain, time) else { throw .keyNotFound }
        guard try await value(newest, name, time).isEqual(to: old) else { throw .keyChanged }
        let payload = GCPVersion.payload(new, after: newest)
        guard let number = try await secrets.add(payload, to: name, time) else { throw .keyNotFound }
        if number != newest.number + 1 {
            // Another server's version came between; or this one's, and it did not get to know.
            let next = try await secrets.version("\(newest.number + 1)", of: name, time)
            guard let next, next.payload.isEqual(to: payload) else { throw .keyChanged }
        }
        seen.note(name, newest.number + 1)
    }

    package func delete(_ name: KeyName) async throws(KeyStoreError) {
        seen.forget(name)
        guard try await secrets.delete(name, CallTime()) else { throw .keyNotFound }
    }

    package func list(prefix: String, after last: String?, limit: Int) async throws(KeyStoreError) -> KeyNamePage {
        let time = CallTime()
        return try await listings.page(prefix: prefix, after: last, limit: limit) { (add) throws(KeyStoreError) in
            var token: String?
            repeat {
                let page = try await secrets.list(after: token, time)
                for name in page.names { add(name) }
                token = page.next
            } while token != nil
        }
    }

    // MARK: Versions

    private enum Search {
        /// By `latest`, which may be late, unless the key was read just before.
        case seen
        /// By number.
        case certain
    }

    /// The version with the highest number; `nil` when there is none.
    private func newest(
        _ name: KeyName, _ search: Search, _ time: CallTime
    ) async throws(KeyStoreError) -> GCPVersion? {
        let known = seen.recent(name)
        var found: GCPVersion?
        if let known { found = try await secrets.version("\(known)", of: name, time) }
        if found == nil { found = try await secrets.version("latest", of: name, time) }
        // `latest` may not be there yet of a key that was just made.
        if found == nil { found = try await secrets.version("1", of: name, time) }
        guard var found else { return nil }
        if known != nil || search == .certain {
            while let next = try await secrets.version("\(found.number + 1)", of: name, time) { found = next }
        }
        seen.note(name, found.number)
        return found
    }

    /// The value of the newest version that is valid.
    private func value(
        _ newest: GCPVersion, _ name: KeyName, _ time: CallTime
    ) async throws(KeyStoreError) -> SecretBytes {
        var version = newest
        while true {
            if let value = version.value(after: nil) { return value }
            guard let before = try await secrets.version("\(version.number - 1)", of: name, time) else {
                throw .corrupt("gcp: version \(version.number - 1) of the secret is missing")
            }
            if let value = version.value(after: before) { return value }
            version = before
        }
    }

    /// Whether a secret that exists is without its version 1, and stays so for longer than another server needs between
    /// the two calls that make a key.
    private func isUnfinished(_ name: KeyName, _ time: CallTime) async throws(KeyStoreError) -> Bool {
        for pause in [0, 250, 500, 1000] {
            do { try await Task.sleep(for: .milliseconds(pause)) } catch { throw .cancelled }
            if try await secrets.version("1", of: name, time) != nil { return false }
        }
        return true
    }
}
