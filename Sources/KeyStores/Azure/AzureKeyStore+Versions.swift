import Cryptography
import Glibc
import HTTPClient
import JSON
import KESProtocol

/// How versions are read and added.
extension AzureKeyStore {
    /// Every version there is; none where the secret does not exist, or was deleted and may be recovered.
    func versions(_ name: KeyName, _ time: CallTime) async throws(KeyStoreError) -> AzureSecretVersions {
        let operation = "list the versions of secret '\(name)'"
        var listed: [AzureSecretVersion] = []
        var next: String? = "/secrets/\(name)/versions"
        while let path = next {
            guard let page = try await vault.page(path, operation, needing: .listSecrets, time) else {
                return AzureSecretVersions([])
            }
            for item in page.items {
                guard let version = AzureSecretVersion(item) else { throw vault.malformed(operation) }
                listed.append(version)
            }
            next = page.next
        }
        return AzureSecretVersions(listed)
    }

    /// The version that holds the key.
    func current(_ name: KeyName, _ time: CallTime) async throws(KeyStoreError) -> AzureSecretVersion {
        let versions = try await versions(name, time)
        // Of names that differ in case only, the vault has one, and that is another key.
        guard let current = versions.current, versions.keyName == name.text else { throw .keyNotFound }
        if let objection = current.objection(at: Glibc.time(nil)) {
            throw .corrupt("azure: secret '\(name)' \(objection), so Key Vault does not give the key")
        }
        return current
    }

    func value(of version: AzureSecretVersion, _ time: CallTime) async throws(KeyStoreError) -> SecretBytes {
        let operation = "read secret '\(version.name)'"
        let answer = try await vault.send(.init(.get, "/secrets/\(version.name)/\(version.id)"), time)
        guard answer.isSuccess else {
            let failure = AzureFailure(answer)
            // Deleted since its versions were listed.
            if failure.isSecretNotFound { throw .keyNotFound }
            throw failure.error(operation, needing: .getSecret)
        }
        guard let value = Self.value(in: answer.body) else { throw vault.malformed(operation) }
        return value
    }

    /// Adds a version, makes room for it where a deleted secret is in the way, and waits until none that is older can
    /// appear; all versions there are then.
    ///
    /// A vault writes as often as it is asked to. So when nobody knows what became of a request, the versions are looked
    /// through for it before it is sent again.
    func add(_ write: AzureSecretWrite, _ time: CallTime) async throws(KeyStoreError) -> AzureSecretVersions {
        var attempt = 1
        while true {
            switch try await send(write, time) {
            case .written:
                try await pause(Self.timeResolution, time)
                return try await versions(write.name, time)
            case .blocked(let failure):
                if write.replaced != nil {
                    guard ["ObjectIsDeletedButRecoverable", "ObjectIsBeingDeleted"].contains(failure.reason) else {
                        throw failure.error("write secret '\(write.name)'", needing: .setSecret)
                    }
                    throw .keyNotFound
                }
                try await makeRoom(write.name, failure, time)
            case .unknown(let error):
                guard attempt < 4, time.left > AzureVault.reserve else { throw error }
                attempt += 1
                try await pause(Self.timeResolution, time)
                let versions = try await versions(write.name, time)
                if versions.contain(write: write.id) { return versions }
            }
        }
    }

    private enum Outcome {
        case written
        /// A secret of that name was deleted, and is not gone.
        case blocked(AzureFailure)
        /// It may have been written.
        case unknown(KeyStoreError)
    }

    private func send(_ write: AzureSecretWrite, _ time: CallTime) async throws(KeyStoreError) -> Outcome {
        let answer: StoreAnswer
        do throws(KeyStoreError) {
            answer = try await vault.send(
                .init(.put, "/secrets/\(write.name)", body: write.body, retries: Self.retriesOfWrites), time)
        } catch {
            guard case .unreachable = error else { throw error }
            return .unknown(error)
        }
        if answer.isSuccess { return .written }
        let failure = AzureFailure(answer)
        let error = failure.error("write secret '\(write.name)'", needing: .setSecret)
        switch failure.status {
        case 409: return .blocked(failure)
        case 500...: return .unknown(error)
        default: throw error
        }
    }

    func pause(_ duration: Duration, _ time: CallTime) async throws(KeyStoreError) {
        do { try await Task.sleep(for: min(duration, time.left)) } catch { throw .cancelled }
    }

    // MARK: Errors

    /// Why a name is not free.
    static func taken(_ name: KeyName, _ versions: AzureSecretVersions) -> KeyStoreError {
        guard let other = versions.keyName, other != name.text else { return .keyExists }
        return .nameNotAllowed(
            "the key store (Azure Key Vault) does not tell names apart that differ in case only, and '\(other)' exists")
    }

    /// Whether a vault can hold a secret of that name.
    static func canHold(_ name: KeyName) -> Bool {
        1...127 ~= name.text.utf8.count && name.text.utf8.allSatisfy { $0 != UInt8(ascii: "_") }
    }

    private static func value(in body: [UInt8]) -> SecretBytes? {
        body.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            var value: SecretBytes?
            do throws(JSONError) {
                try scanner.readObject { (name, scanner) throws(JSONError) in
                    guard "value" ~= name, let text = try scanner.readString() else { return false }
                    var bytes = text.unescaped
                    value = SecretBytes(moving: &bytes)
                    return true
                }
                try scanner.readEnd()
            } catch {
                return nil
            }
            return value
        }
    }

    /// Of versions that are made in the same second nobody can say which is older.
    private static let timeResolution = Duration.seconds(1)

    private static let retriesOfWrites: RetryPolicy = {
        var policy = RetryPolicy.standard
        policy.isTransient = { [408, 429].contains($0.status) }
        return policy
    }()
}

/// A version that is to be added to a secret.
struct AzureSecretWrite: Sendable {
    let name: KeyName
    /// Random; see ``AzureSecretVersion/Tag/write``.
    let id = Hex.encode(SecureRandom.bytes(16))
    /// The version that it is to be the successor of; `nil` for a new key.
    let replaced: String?
    let body: SecretBytes

    /// Throws when the value is longer than a vault's secret can be.
    init(_ name: KeyName, _ value: SecretBytes, replacing replaced: String?) throws(KeyStoreError) {
        guard value.count <= Self.maximumValueByteCount else {
            throw .unavailable(
                "azure: the key has \(value.count) bytes with all its versions; Key Vault holds at most "
                    + "\(Self.maximumValueByteCount)")
        }
        self.name = name
        self.replaced = replaced
        var body: [UInt8] = []
        body.reserveCapacity(value.count * 2 + 512)
        defer { wipe(&body) }
        body.append("{")
        body.appendMember("value", text: value.text)
        body.append(",\"tags\":{")
        body.appendMember("coffer-key", text: name.text)
        body.appendMember("coffer-write", text: id)
        if let replaced { body.appendMember("coffer-replaces", text: replaced) }
        body.append("}}")
        self.body = SecretBytes(body)
    }

    private static let maximumValueByteCount = 25_600
}
