package import Cryptography
import Dispatch
import Glibc
import Synchronization

/// Named master keys in one file of this machine, outside the drive: the key service of a server that has no other.
///
/// The file is for its owner alone and is replaced whole at every change; <doc:KeyringFile> describes it. Whoever has a
/// copy of the file can read the drive, and without one nobody can. Keys are only ever added. Several processes may share
/// a file: one that misses a key looks whether another has added it.
package final class LocalKeyring: KeyService {
    /// The absolute path of the file.
    package let path: String
    /// Whether ``open(path:createIfMissing:)`` made the file, and with it the only key to what will be stored.
    package let wasCreated: Bool
    package let defaultKey: KeyID

    private struct Contents {
        var document: KeyringDocument
        var identity: KeyringFile.Identity
        /// Why the file may have keys that a power cut would take out of it: until a restart, it is neither changed nor
        /// read again.
        var doubt: KeyringError?
    }

    private let file: KeyringFile
    private let contents: Mutex<Contents>
    /// File work blocks; it is done here, one at a time, and off the caller's thread.
    private let queue = DispatchQueue(label: "coffer.keyring")

    private init(file: KeyringFile, document: KeyringDocument, identity: KeyringFile.Identity, wasCreated: Bool) {
        self.file = file
        path = file.path
        defaultKey = document.defaultKey
        contents = Mutex(Contents(document: document, identity: identity))
        self.wasCreated = wasCreated
    }

    /// Opens the keyring, or makes one with a single key, `coffer-default-key`.
    ///
    /// Blocks for the file work. Throws a sentence for the operator: the file may be missing, open to other users,
    /// damaged, of a later version, or no keyring at all.
    package static func open(path: String, createIfMissing: Bool) throws(KeyringError) -> LocalKeyring {
        try open(KeyringFile(path: resolved(path)), createIfMissing: createIfMissing)
    }

    /// As above, with a file that may be shorter or longer than by default.
    package static func open(
        path: String, createIfMissing: Bool, maximumBytes: Int
    ) throws(KeyringError) -> LocalKeyring {
        try open(
            KeyringFile(path: resolved(path), maximumBytes: maximumBytes), createIfMissing: createIfMissing)
    }

    private static func open(_ file: KeyringFile, createIfMissing: Bool) throws(KeyringError) -> LocalKeyring {
        do throws(KeyringError) {
            let (document, identity) = try file.read()
            // An earlier process may have ended because it could not do this.
            try file.settle()
            return LocalKeyring(file: file, document: document, identity: identity, wasCreated: false)
        } catch .missing where createIfMissing {
            try file.makeDirectory()
            return try file.withLock { () throws(KeyringError) in
                // Another process may have been faster: its keys must not be replaced by ours.
                do throws(KeyringError) {
                    let (document, identity) = try file.read()
                    return LocalKeyring(file: file, document: document, identity: identity, wasCreated: false)
                } catch .missing {
                    let document = KeyringDocument(defaultKey: newKey(.cofferDefault))
                    let identity = try file.replace(with: document)
                    return LocalKeyring(file: file, document: document, identity: identity, wasCreated: true)
                }
            }
        }
    }

    /// Where the keyring is unless the operator says otherwise: `coffer/keyring.json` below `XDG_CONFIG_HOME`, else below
    /// `.config` in the home directory.
    package static func defaultPath(environment: [String: String]) -> String {
        if let base = environment["XDG_CONFIG_HOME"], base.hasPrefix("/") { return "\(base)/coffer/keyring.json" }
        let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? registeredHome
        return "\(home == "/" ? "" : home)/.config/coffer/keyring.json"
    }

    // MARK: KeyService

    package func generateDataKey(
        under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> GeneratedDataKey {
        let master = try await masterKey(key)
        return KESCiphertext.generateDataKey(under: master.key, cipher: master.cipher, context: context)
    }

    package func decryptDataKey(
        _ wrapped: [UInt8], under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> SecretKey {
        let master = try await masterKey(key)
        return try KESCiphertext.openDataKey(wrapped, key: master.key, cipher: master.cipher, context: context)
    }

    package func wrapDataKey(
        _ dataKey: SecretKey, under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> [UInt8] {
        let master = try await masterKey(key)
        return KESCiphertext.wrap(dataKey, under: master.key, cipher: master.cipher, context: context)
    }

    package func createKey(_ key: KeyID) async throws(KeyServiceError) { try await add(key, SecretKey()) }

    package func importKey(_ key: KeyID, _ bytes: SecretKey) async throws(KeyServiceError) { try await add(key, bytes) }

    private func add(_ key: KeyID, _ bytes: SecretKey) async throws(KeyServiceError) {
        try await onQueue { () throws(KeyServiceError) in
            do throws(KeyringError) {
                let isNew = try self.file.withLock { () throws(KeyringError) in
                    // Not what is in memory grows but what is on disk: another process may have added keys.
                    var document = try self.readSuccessor().document
                    guard document.keys[key] == nil else { return false }
                    document.add(Self.newKey(key, bytes))
                    let identity = try self.replaceFile(with: document)
                    self.contents.withLock { $0 = Contents(document: document, identity: identity) }
                    return true
                }
                guard !isNew else { return }
            } catch .full(let path, let maximumBytes) {
                // Trying again would not help.
                throw KeyServiceError.notSupported("\(KeyringError.full(path: path, maximumBytes: maximumBytes))")
            } catch {
                throw KeyServiceError.unavailable("\(error)")
            }
            throw KeyServiceError.keyExists(key.name)
        }
    }

    package func describeKey(_ key: KeyID) async throws(KeyServiceError) -> KeyDescription {
        Self.description(try await masterKey(key))
    }

    package func listKeys() async throws(KeyServiceError) -> [KeyDescription] {
        contents.withLock { $0.document.sortedKeys }.map(Self.description)
    }

    package func status() async -> KeyServiceStatus {
        KeyServiceStatus(
            name: "Coffer keyring", endpoints: [(name: path, isOnline: true)], defaultKey: defaultKey, latency: nil)
    }

    // MARK: Keys

    private func masterKey(_ name: KeyID) async throws(KeyServiceError) -> KeyringDocument.Key {
        if let key = loadedKey(name) { return key }
        try await onQueue { () throws(KeyServiceError) in
            guard self.file.identity != self.contents.withLock({ $0.identity }) else { return }
            do throws(KeyringError) {
                let (document, identity) = try self.readSuccessor()
                // What another process added may not be durable yet.
                try self.file.settle()
                self.contents.withLock { $0 = Contents(document: document, identity: identity) }
            } catch {
                throw KeyServiceError.unavailable("\(error)")
            }
        }
        guard let key = loadedKey(name) else { throw KeyServiceError.keyNotFound(name.name) }
        return key
    }

    private func loadedKey(_ name: KeyID) -> KeyringDocument.Key? {
        contents.withLock { $0.document.keys[name] }
    }

    /// The file as it is now, provided that it still has every key in use: data may be sealed under any of them.
    private func readSuccessor() throws(KeyringError) -> (document: KeyringDocument, identity: KeyringFile.Identity) {
        if let doubt = contents.withLock({ $0.doubt }) { throw doubt }
        let successor = try file.read()
        let known = contents.withLock { $0.document.sortedKeys }
        for key in known where successor.document.keys[key.name]?.key.isEqual(to: key.key) != true {
            throw KeyringError.corrupted(path: path, reason: "it no longer holds the key “\(key.name)” that is in use")
        }
        return successor
    }

    private func replaceFile(with document: KeyringDocument) throws(KeyringError) -> KeyringFile.Identity {
        do throws(KeyringError) { return try file.replace(with: document) } catch {
            if case .notDurable = error { contents.withLock { $0.doubt = error } }
            throw error
        }
    }

    private static func newKey(_ name: KeyID, _ bytes: SecretKey = SecretKey()) -> KeyringDocument.Key {
        KeyringDocument.Key(name: name, cipher: .aes256, createdAt: Timestamp.now, key: bytes)
    }

    private static func description(_ key: KeyringDocument.Key) -> KeyDescription {
        KeyDescription(name: key.name, createdAt: key.createdAt, createdBy: "")
    }

    private func onQueue(
        _ work: @escaping @Sendable () throws(KeyServiceError) -> Void
    ) async throws(KeyServiceError) {
        let outcome: Result<Void, KeyServiceError> = await withCheckedContinuation { continuation in
            queue.async {
                do throws(KeyServiceError) {
                    try work()
                    continuation.resume(returning: .success(()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        try outcome.get()
    }

    // MARK: Paths

    /// An absolute path, through symbolic links as far as they lead to something: the file itself is to be replaced,
    /// not a link to it.
    private static func resolved(_ path: String) -> String {
        if let real = realpath(path, nil) {
            defer { free(real) }
            return String(cString: real)
        }
        guard !path.hasPrefix("/"), let current = getcwd(nil, 0) else { return path }
        defer { free(current) }
        return "\(String(cString: current))/\(path)"
    }

    private static var registeredHome: String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16384) { buffer in
            guard let base = buffer.baseAddress, getpwuid_r(geteuid(), &entry, base, buffer.count, &found) == 0,
                found != nil, let directory = entry.pw_dir
            else { return "/" }
            return String(cString: directory)
        }
    }
}
