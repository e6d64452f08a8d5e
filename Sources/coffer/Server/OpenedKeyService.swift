import KESClient
import KeyManagement
import Logging

/// The key service that the configuration names.
struct OpenedKeyService {
    let service: any KeyService
    /// The same without the service that it may have followed.
    let current: any KeyService
    let title: String
    let newKeyring: String?
    /// The same as `service`, or a part of it, when that is a KES server.
    let kes: KESKeyService?

    init(_ configuration: KeyServiceConfiguration, createIfMissing: Bool, logger: Logger) throws(StartFailure) {
        var kes: KESKeyService?
        var newKeyring: String?
        switch configuration.current {
        case .keyring(let path):
            let keyring = try Self.keyring(path, createIfMissing: createIfMissing)
            if keyring.wasCreated { newKeyring = path }
            current = keyring
            title = "keyring \(path)"
        case .staticKey(let key):
            current = key
            title = "static key \(key.defaultKey.name)"
        case .kes(let client, let defaultKey):
            let server = try Self.kes(client, defaultKey, logger)
            kes = server
            current = server
            title = "KES \(client.endpoints.all.map(\.url).joined(separator: ", "))"
        }
        self.kes = kes
        self.newKeyring = newKeyring
        switch configuration.former {
        case nil: service = current
        case .keyring(let path):
            service = SuccessorKeyService(current, after: try Self.keyring(path, createIfMissing: false))
        case .staticKey(let key): service = SuccessorKeyService(current, after: key)
        }
    }

    private static func kes(
        _ configuration: KESClientConfiguration, _ defaultKey: KeyID, _ logger: Logger
    ) throws(StartFailure) -> KESKeyService {
        do {
            return KESKeyService(client: try KESClient(configuration), defaultKey: defaultKey, logger: logger)
        } catch {
            throw StartFailure("kms: \(error.detail)")
        }
    }

    private static func keyring(_ path: String, createIfMissing: Bool) throws(StartFailure) -> LocalKeyring {
        do {
            return try LocalKeyring.open(path: path, createIfMissing: createIfMissing)
        } catch {
            guard case .missing(let path) = error else { throw StartFailure("\(error)") }
            throw StartFailure(
                "there is no keyring at \(path), and this drive cannot be read without its own; name it with --keyring FILE"
            )
        }
    }
}
