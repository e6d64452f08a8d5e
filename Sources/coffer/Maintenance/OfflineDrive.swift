import ArgumentParser
import Glibc
import KeyManagement
import Logging
import ObjectStorage
import Requests
import SealedStorage

/// A drive that no server runs on, opened with its keys as a server would open it.
///
/// As with a server's start, what a crash has left is settled; a drive of a former format is refused, not changed.
struct OfflineDrive {
    let store: ObjectStore
    let drive: SealedDrive
    /// What was found of its history.
    let history: HistoryOutcome

    /// - Throws: ``StartFailure``; ``KeysAway`` when the key service cannot be reached.
    init(
        _ directory: String, keyring: String?, environment: Environment,
        history options: HistoryOptions = HistoryOptions()
    ) async throws {
        let service = try Self.keyService(keyring: keyring, environment)
        store = try Self.openStore(directory, environment)
        do {
            (drive, history) = try await Self.unlocked(store, service, options)
        } catch {
            store.close()
            throw error
        }
    }

    /// The drive without its keys.
    static func openStore(_ directory: String, _ environment: Environment) throws(StartFailure) -> ObjectStore {
        guard access("\(directory)/coffer.db", F_OK) == 0 else {
            throw StartFailure("\(directory) is no drive: it has no coffer.db")
        }
        var options = StoreOptions()
        options.raisesFormat = false
        do {
            options.logger = LogFormat(try configuration(keyring: nil, environment)).logger(.storage)
            return try ObjectStore.open(directory, options: options)
        } catch let failure as StartFailure {
            throw failure
        } catch {
            throw StartFailure("\(directory): \(error)")
        }
    }

    /// The key service that the environment names, as for a server; no keyring is made.
    static func keyService(keyring: String?, _ environment: Environment) throws(StartFailure) -> any KeyService {
        let configuration = try configuration(keyring: keyring, environment)
        return try OpenedKeyService(
            configuration.keyService, createIfMissing: false, logger: LogFormat(configuration).logger(.kms)
        ).service
    }

    /// A server's, of which only what concerns the drive and its keys is asked for.
    static func configuration(
        keyring: String?, _ environment: Environment
    ) throws(StartFailure) -> ServerConfiguration {
        // A server's own words for it all; the directory is none of its business here.
        guard let command = try? ServerCommand.parse(["."] + (keyring.map { ["--keyring", $0] } ?? [])) else {
            throw StartFailure("--keyring: not a file's name")
        }
        return try ServerConfiguration(command: command, environment: environment)
    }

    /// The key service cannot be reached, or does not let this program in.
    struct KeysAway: Error {
        let cause: KeyServiceError
    }

    private static func unlocked(
        _ store: ObjectStore, _ service: any KeyService, _ options: HistoryOptions
    ) async throws -> (SealedDrive, HistoryOutcome) {
        let history: HistoryOutcome
        let records = SealedRecords(store: store)
        do {
            guard let key = try CatalogueKey.stored(in: store) else {
                throw StartFailure("the drive has no keys: no server has ever begun to use it")
            }
            history = try records.unlock(with: try await key.open(with: service), history: options)
        } catch let error as KeyServiceError {
            switch error {
            case .unavailable, .notAuthorized: throw KeysAway(cause: error)
            case .keyNotFound, .keyExists, .invalidKeyID, .notAuthentic, .notSupported:
                throw StartFailure("key service: \(error)")
            }
        } catch let error as StorageError {
            throw StartFailure("\(store.path): \(error)")
        } catch let corruption as Corruption {
            throw StartFailure("\(corruption)")
        }
        let drive = try SealedDrive(
            records: records,
            keys: DataKeys(
                service: service, store: store, cache: DataKeyCache(service: service), clock: Clock.milliseconds))
        return (drive, history)
    }
}
