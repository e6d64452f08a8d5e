package import Cryptography
import JSON
package import KESProtocol
package import Logging
import Synchronization

/// Keys as secrets of AWS Secrets Manager: one secret a key, of the same name, its value the secret's text.
package final class AWSKeyStore: ReplacingKeyStore {
    /// Holds for text and, before base64, for bytes.
    private static let maximumValueByteCount = 65_536

    private let configuration: AWSConfiguration
    private let service: AWSService
    private let listings = KeptListings()
    /// When a signed status has last been good; `nil`: not since a call was refused.
    private let lastProbe = Mutex<ContinuousClock.Instant?>(nil)

    /// - Parameter environment: The variables of the process, where credentials may be.
    package init(
        _ configuration: AWSConfiguration, environment: [String: String], logger: Logger
    ) throws(KeyStoreError) {
        self.configuration = configuration
        service = try AWSService(
            .secretsManager, try AWSEndpoint(configuration.endpoint), region: configuration.region,
            given: configuration.credentials, environment: environment, logger: logger)
    }

    package var title: String { "AWS SecretsManager: \(configuration.endpoint)" }

    // MARK: Authentication

    package var credentialExpiry: ContinuousClock.Instant? { service.credentials.expiry }

    package func run() async { await service.credentials.run() }

    // MARK: Calls

    package func status() async throws(KeyStoreError) -> Duration {
        let begin = ContinuousClock.now
        let isKnown = lastProbe.withLock { $0.map { begin < $0 + Self.probeLife } ?? false }
        guard configuration.probesStatus, !isKnown else { return try await service.roundTrip() }
        _ = try await answer("ListSecrets", [("MaxResults", .number("1"))], CallTime())
        lastProbe.withLock { $0 = begin }
        return .now - begin
    }

    /// Signed calls cost money, and a server asks for the status every few seconds.
    private static let probeLife = Duration.seconds(60)

    package func create(_ name: KeyName, _ value: SecretBytes) async throws(KeyStoreError) {
        let time = CallTime()
        let version = VersionID()
        var fields: [(name: String, value: JSONValue)] = [
            ("Name", .string(name.text)), ("ClientRequestToken", .string(version.text)),
            ("SecretString", try text(value)),
        ]
        if let key = configuration.kmsKey { fields.append(("KmsKeyId", .string(key))) }
        guard case .failure(let failure) = try await call("CreateSecret", fields, time) else { return }
        if failure.isMarkedForDeletion { throw Self.markedForDeletion(name, failure) }
        guard failure.code == "ResourceExistsException" else { throw failure.error }
        // It may be there by this very call, sent again because its answer was lost.
        if try await hasVersion(name, version, time) { return }
        throw .keyExists
    }

    package func get(_ name: KeyName) async throws(KeyStoreError) -> SecretBytes {
        try await current(name, CallTime()).value
    }

    package func replace(_ name: KeyName, _ old: SecretBytes, with new: SecretBytes) async throws(KeyStoreError) {
        let time = CallTime()
        let held = try await current(name, time)
        guard held.value.isEqual(to: old) else { throw .keyChanged }
        // The new version waits beside the current one, under a label of its own, which it takes from an earlier one that
        // was never put in force.
        let version = VersionID()
        _ = try await answer(
            "PutSecretValue",
            [
                ("SecretId", .string(name.text)), ("ClientRequestToken", .string(version.text)),
                ("SecretString", try text(new)), ("VersionStages", .array([.string(Self.pendingLabel)])),
            ], time)
        // It becomes the current one only if the version that was read still is: the label is moved from there or not at all.
        let outcome = try await call(
            "UpdateSecretVersionStage",
            [
                ("SecretId", .string(name.text)), ("VersionStage", .string("AWSCURRENT")),
                ("RemoveFromVersionId", .string(held.version)), ("MoveToVersionId", .string(version.text)),
            ], time)
        guard case .failure(let failure) = outcome else { return }
        let now = try await current(name, time).version
        // It was moved by this very call, sent again because its answer was lost.
        if now == version.text { return }
        throw now == held.version ? failure.error : .keyChanged
    }

    package func delete(_ name: KeyName) async throws(KeyStoreError) {
        let time = CallTime()
        let outcome = try await call(
            "DeleteSecret", [("SecretId", .string(name.text)), ("ForceDeleteWithoutRecovery", .bool(true))], time)
        if case .failure(let failure) = outcome { throw failure.isNoSuchSecret ? .keyNotFound : failure.error }
        await waitUntilFree(name, time)
    }

    package func list(prefix: String, after last: String?, limit: Int) async throws(KeyStoreError) -> KeyNamePage {
        try await listings.page(prefix: prefix, after: last, limit: limit) { (add) throws(KeyStoreError) in
            var next: String?
            repeat {
                var fields: [(name: String, value: JSONValue)] = [("MaxResults", .number("100"))]
                if !prefix.isEmpty {
                    let byName = JSONValue.object([("Key", .string("name")), ("Values", .array([.string(prefix)]))])
                    fields.append(("Filters", .array([byName])))
                }
                if let next { fields.append(("NextToken", .string(next))) }
                let page = try await answer("ListSecrets", fields, CallTime())
                guard let secrets = page["SecretList"]?.elements else {
                    throw .unavailable("\(service.kind.title): ListSecrets answers no list")
                }
                for secret in secrets where secret["DeletedDate"]?.isPresent != true {
                    if let name = secret["Name"]?.string { add(name) }
                }
                next = page["NextToken"]?.string
                if Task.isCancelled { throw .cancelled }
            } while next != nil
        }
    }

    // MARK: Parts

    private static let pendingLabel = "coffer-pending"

    private func call(
        _ operation: String, _ fields: [(name: String, value: JSONValue)], _ time: CallTime
    ) async throws(KeyStoreError) -> Result<JSONValue, AWSFailure> {
        let outcome: Result<JSONValue, AWSFailure>
        do throws(KeyStoreError) { outcome = try await service.call(operation, fields, time) } catch {
            note(error)
            throw error
        }
        if case .failure(let failure) = outcome { note(failure.error) }
        return outcome
    }

    /// After a refusal the next status is to show whether AWS takes the credentials.
    private func note(_ error: KeyStoreError) {
        if case .notAuthorized = error { lastProbe.withLock { $0 = nil } }
    }

    private func answer(
        _ operation: String, _ fields: [(name: String, value: JSONValue)], _ time: CallTime
    ) async throws(KeyStoreError) -> JSONValue {
        switch try await call(operation, fields, time) {
        case .success(let document): return document
        case .failure(let failure): throw failure.error
        }
    }

    /// The version in force.
    private func current(
        _ name: KeyName, _ time: CallTime
    ) async throws(KeyStoreError) -> (value: SecretBytes, version: String) {
        switch try await call("GetSecretValue", [("SecretId", .string(name.text))], time) {
        case .success(let document):
            guard let value = Self.value(document), let version = document["VersionId"]?.string else {
                throw .corrupt("the secret '\(name)' has neither a text nor bytes for its value")
            }
            return (value, version)
        case .failure(let failure):
            if failure.isNoSuchVersion { throw .corrupt("the secret '\(name)' has no version that is AWSCURRENT") }
            throw failure.isNoSuchSecret || failure.isMarkedForDeletion ? .keyNotFound : failure.error
        }
    }

    private static func value(_ document: JSONValue) -> SecretBytes? {
        if let text = document["SecretString"]?.string { return SecretBytes(text.utf8) }
        guard var bytes = document["SecretBinary"]?.string.flatMap({ Base64.decode($0) }) else { return nil }
        return SecretBytes(moving: &bytes)
    }

    private func hasVersion(
        _ name: KeyName, _ version: VersionID, _ time: CallTime
    ) async throws(KeyStoreError) -> Bool {
        let fields = [("SecretId", name.text), ("VersionId", version.text)].map { ($0.0, JSONValue.string($0.1)) }
        switch try await call("GetSecretValue", fields, time) {
        case .success: return true
        case .failure(let failure):
            if failure.isMarkedForDeletion { throw Self.markedForDeletion(name, failure) }
            guard failure.isNoSuchSecret || failure.isNoSuchVersion else { throw failure.error }
            return false
        }
    }

    /// AWS deletes some time after it has said so, and until then the name is not free.
    private func waitUntilFree(_ name: KeyName, _ time: CallTime) async {
        // The deletion is done: nothing that comes now makes a failure of it.
        let time = CallTime(min(time.left - .seconds(2), .seconds(7)))
        var pause = Duration.milliseconds(100)
        for _ in 1...6 where time.left > .zero {
            // Whatever else it answers, the secret is deleted.
            let outcome = try? await call("GetSecretValue", [("SecretId", .string(name.text))], time)
            guard case .failure(let failure) = outcome, failure.isMarkedForDeletion, pause < time.left else { return }
            do { try await Task.sleep(for: pause) } catch { return }
            pause *= 2
        }
    }

    private func text(_ value: SecretBytes) throws(KeyStoreError) -> JSONValue {
        guard value.count <= Self.maximumValueByteCount else {
            throw .unavailable(
                "the key has \(value.count) bytes with all its versions; AWS Secrets Manager holds "
                    + "\(Self.maximumValueByteCount) at most")
        }
        return .string(value.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
    }

    // MARK: Errors

    private static func markedForDeletion(_ name: KeyName, _ failure: AWSFailure) -> KeyStoreError {
        .unavailable(
            "\(failure.service): the secret '\(name)' is deleted but not gone: it can be restored until its recovery "
                + "window ends; restore it (aws secretsmanager restore-secret --secret-id \(name)) or delete it for good "
                + "(aws secretsmanager delete-secret --force-delete-without-recovery --secret-id \(name))")
    }
}

extension AWSFailure {
    fileprivate var isNoSuchSecret: Bool { code == "ResourceNotFoundException" && !isNoSuchVersion }

    /// The secret is there, the version asked for is not.
    fileprivate var isNoSuchVersion: Bool {
        code == "ResourceNotFoundException" && message.contains("secret value for")
    }

    /// AWS has one code for all requests that a secret's state does not allow.
    fileprivate var isMarkedForDeletion: Bool {
        code == "InvalidRequestException" && (message.contains("delet") || message.contains("Delet"))
    }
}

extension JSONValue {
    fileprivate var isPresent: Bool { if case .null = self { false } else { true } }
}
