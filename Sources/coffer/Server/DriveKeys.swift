import KESClient
import KeyManagement
import Logging
import ObjectStorage
import Requests
import SealedStorage

/// The key service, and what it opens of the drive: its records.
struct DriveKeys: Sendable {
    let service: any KeyService
    let records: SealedRecords
    let dataKeys: DataKeys
    /// Calls of the key service.
    let calls = KeyServiceCounts()
    /// For the start-up block: `keyring /path`.
    let title: String
    /// The keyring file, when it was made just now.
    let newKeyring: String?
    private let store: ObjectStore
    private let kes: KESKeyService?
    private let anchor: RollbackAnchor?
    private let logger: Logger
    /// Where new data keys come from: `service` without the one it may have followed.
    private let current: any KeyService

    /// Prepares the key service; asks nothing of it yet, so it may be away.
    ///
    /// A keyring is only made for a drive that has no keys yet: for one that has, another keyring would be the wrong one.
    ///
    /// - Parameter anchor: where the drive's history is anchored.
    init(
        _ configuration: KeyServiceConfiguration, store: ObjectStore, anchor: RollbackAnchor? = nil, logger: Logger
    ) throws {
        self.anchor = anchor
        let isNewDrive = try CatalogueKey.stored(in: store) == nil
        let opened = try OpenedKeyService(configuration, createIfMissing: isNewDrive, logger: logger)
        service = MeasuredKeyService(opened.service, calls)
        current = opened.current
        kes = opened.kes
        title = opened.title
        newKeyring = opened.newKeyring
        self.logger = logger
        self.store = store
        records = SealedRecords(store: store)
        dataKeys = DataKeys(
            service: service, store: store, cache: DataKeyCache(service: service), clock: Clock.milliseconds)
    }

    /// Drops data keys that have expired, and keeps the key server's connection and cache warm, until cancelled.
    func run() async {
        // Both are waited for: without a key server, the end of this function would be the end of the other one.
        async let dropping: Void = dataKeys.run()
        await kes?.run()
        await dropping
    }

    /// When the client certificate for the key server ends, in seconds since 1970; `nil` without one.
    var certificateEnd: Int64? { kes?.client.certificateExpiry }

    /// Reads the client certificate for the key server again; false when there is no key server.
    func reloadClientCertificate() throws(KESClientError) -> Bool {
        try kes?.client.reload() != nil
    }

    /// Has the key service open the catalogue, with the keys a new drive needs made first.
    ///
    /// - Returns: what keeps the key service from it for now, so that trying again may help; `nil` when all is open.
    /// - Throws: ``StartFailure`` when this key service will never open this drive.
    func unlock() async throws -> KeyServiceError? {
        let obstacle = try await tryToUnlock()
        if let obstacle { records.stayLocked(by: obstacle) }
        return obstacle
    }

    private func tryToUnlock() async throws -> KeyServiceError? {
        do {
            let stored = try CatalogueKey.stored(in: store)
            // Before one is made: a new key under the name of one that is missing would be in the way of its backup.
            let missing = try await missingKeys(stored)
            if !missing.contains(current.defaultKey.name) { try await makeDefaultKey() }
            let key =
                if let stored { stored } else {
                    try await CatalogueKey.create(in: store, service: service)
                }
            let outcome = try records.unlock(
                with: try await key.open(with: service), history: HistoryOptions(anchor: anchor))
            for fault in outcome.faults {
                logger.critical("rollback evidence: \(fault.part) are not what was committed last: \(fault.summary)")
            }
            return nil
        } catch let error as StorageError {
            throw StartFailure("\(store.path): \(error)")
        } catch let error as KeyServiceError {
            switch error {
            case .unavailable, .notAuthorized: return error
            case .keyNotFound(let name) where name == current.defaultKey.name:
                return .unavailable("there is no key “\(name)”, and the key service does not let this server create it")
            case .notAuthentic:
                throw StartFailure(
                    "the key service has a key of the right name, but it is not the one that this drive was encrypted with"
                )
            case .keyNotFound, .keyExists, .invalidKeyID, .notSupported: throw StartFailure("key service: \(error)")
            }
        }
    }

    /// A key server may not let this server create keys: then its default key must be there already.
    ///
    /// A former service's key of the same name does not count: nothing new is wrapped under it.
    private func makeDefaultKey() async throws(KeyServiceError) {
        do {
            if try await mayLack(current.defaultKey) { try await current.createKey(current.defaultKey) }
        } catch {
            switch error {
            case .keyExists, .notAuthorized: break
            case .keyNotFound, .invalidKeyID, .notAuthentic, .notSupported, .unavailable: throw error
            }
        }
    }

    /// Whether the key is not there, or may not be looked at, which making it gets by.
    private func mayLack(_ key: KeyID) async throws(KeyServiceError) -> Bool {
        do throws(KeyServiceError) {
            return try await !current.hasKey(key)
        } catch .notAuthorized {
            return true
        }
    }

    /// The keys that the drive's data keys are under and that are not there; they are named in the log.
    ///
    /// Without the catalogue's nothing opens, and this is the wrong key service. One of the others may have been deleted on
    /// purpose, to shred what it protected: the rest goes on.
    private func missingKeys(_ catalogueKey: CatalogueKey?) async throws -> [String] {
        let names = try await store.kmsKeyNames() + [catalogueKey?.kmsKey.name].compactMap(\.self)
        var missing: [String] = []
        for name in Set(names).sorted() {
            // A name that is none is a damaged one: no key service has such a key.
            guard let key = try? KeyID(name) else {
                missing.append(name)
                continue
            }
            if try await isMissing(key) { missing.append(name) }
        }
        guard !missing.isEmpty else { return [] }
        let what = "this drive needs keys that the \(title) does not have: \(missing.joined(separator: ", "))"
        if let catalogueKey, missing.contains(catalogueKey.kmsKey.name) { throw StartFailure(what) }
        logger.error("\(what); objects under them cannot be read")
        return missing
    }

    /// False also for a key that may not be looked at: whether it is there, its use will tell.
    private func isMissing(_ key: KeyID) async throws(KeyServiceError) -> Bool {
        do throws(KeyServiceError) {
            return try await !service.hasKey(key)
        } catch .notAuthorized {
            return false
        }
    }
}
