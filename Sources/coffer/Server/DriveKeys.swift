import KeyManagement
import ObjectStorage
import S3Service

/// The key service, and what it opened of the drive: the catalogue.
struct DriveKeys {
    let catalogue: Catalogue
    let dataKeys: DataKeys
    /// For the start-up block: `keyring /path`.
    let title: String
    /// The keyring file, when it was made just now.
    let newKeyring: String?

    /// Opens the key service and the catalogue, and makes both for a new drive.
    ///
    /// A keyring is only made for a drive that has no keys yet: for one that has, another keyring would be the wrong one.
    static func open(_ configuration: KeyServiceConfiguration, store: ObjectStore) async throws -> DriveKeys {
        do {
            let stored = try CatalogueKey.stored(in: store)
            let service: any KeyService
            let title: String
            var newKeyring: String?
            switch configuration {
            case .keyring(let path):
                let keyring = try LocalKeyring.open(path: path, createIfMissing: stored == nil)
                if keyring.wasCreated { newKeyring = path }
                service = keyring
                title = "keyring \(path)"
            case .staticKey(let key):
                service = key
                title = "static key \(key.defaultKey.name)"
            }
            let inUse = try store.kmsKeysInUse().map(\.kmsKey) + [stored?.kmsKey.name].compactMap(\.self)
            try await require(Set(inUse), in: service, title: title)

            let catalogueKey: CatalogueKey =
                if let stored { stored } else { try await CatalogueKey.create(in: store, service: service) }
            let catalogue = Catalogue(store: store, catalogueKey: try await catalogueKey.open(with: service))
            let dataKeys = DataKeys(
                service: service, store: store, cache: DataKeyCache(service: service), clock: Clock.milliseconds)
            return DriveKeys(catalogue: catalogue, dataKeys: dataKeys, title: title, newKeyring: newKeyring)
        } catch KeyringError.missing(let path) {
            throw StartFailure(
                "there is no keyring at \(path), and this drive cannot be read without its own; name it with --keyring FILE"
            )
        } catch let error as KeyringError {
            throw StartFailure("\(error)")
        } catch KeyServiceError.notAuthentic {
            throw StartFailure(
                "the key service has a key of the right name, but it is not the one that this drive was encrypted with")
        } catch let error as KeyServiceError {
            throw StartFailure("key service: \(error)")
        }
    }

    private static func require(_ names: Set<String>, in service: any KeyService, title: String) async throws {
        var missing: [String] = []
        for name in names where try await !service.hasKey(KeyID(name)) { missing.append(name) }
        guard missing.isEmpty else {
            throw StartFailure(
                "this drive needs keys that the \(title) does not have: \(missing.sorted().joined(separator: ", "))")
        }
    }
}
