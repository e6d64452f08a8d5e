import Accounts
import Glibc
import Logging
import ObjectStorage
import Requests
import SealedStorage

/// The drive that an import writes to, which no server runs on; one that is not there yet is made, as a server's first
/// start makes it.
struct ImportTarget {
    let store: ObjectStore
    let keys: DriveKeys
    let drive: SealedDrive
    let accounts: Accounts

    /// - Parameter mustExist: whether none is made.
    init(_ directory: String, keyring: String?, mustExist: Bool, _ environment: Environment) async throws {
        let configuration = try OfflineDrive.configuration(keyring: keyring, environment)
        let log = LogFormat(configuration)
        let isNew = access("\(directory)/coffer.db", F_OK) != 0
        if isNew, !mustExist {
            var options = StoreOptions()
            options.logger = log.logger(.storage)
            do {
                store = try ObjectStore.open(directory, options: options)
            } catch {
                throw StartFailure("\(directory): \(error)")
            }
        } else {
            store = try OfflineDrive.openStore(directory, environment)
        }
        do {
            keys = try DriveKeys(configuration.keyService, store: store, logger: log.logger(.kms))
            if let obstacle = try await keys.unlock() { throw StartFailure("key service: \(obstacle)") }
            drive = try SealedDrive(records: keys.records, keys: keys.dataKeys)
            let root = RootAccount(configuration.credentials)
            accounts = Accounts(
                records: keys.records,
                setting: Accounts.Setting(rootAccessKey: { root.accessKey }, admitsRoot: true))
            try await ServerAccounts(root: root, accounts: accounts, logger: log.logger(.accounts)).load(keys.records)
        } catch {
            store.close()
            throw error
        }
    }
}
