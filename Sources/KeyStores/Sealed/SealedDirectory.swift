import Cryptography
import KESProtocol

/// A directory of keys with its seal; every call blocks.
struct SealedDirectory: Sendable {
    let configuration: SealedConfiguration
    let files: KeyDirectory

    /// How many names are held at once while all keys are gone through.
    private static let pageSize = 50_000

    init(_ configuration: SealedConfiguration) {
        self.configuration = configuration
        files = KeyDirectory(path: configuration.path)
    }

    private var sealPath: String { "\(configuration.path)/\(Seal.fileName)" }

    // MARK: The seal

    /// Opens the seal, or makes one where there is none.
    ///
    /// No seal is made where keys are sealed, since it would not be theirs, nor, unless plain keys are accepted, where
    /// there are such, nor for a visitor. Of several that make one at once the first one's is everybody's.
    func open(
        as user: DirectoryUser, _ call: BlockingCalls.Call
    ) throws(KeyStoreError) -> (seal: Seal, wrapper: PassphraseWrapper) {
        _ = try files.open(as: user)
        let passphrase = try configuration.passphrase.read()
        if let seal = try storedSeal()?.seal { return (seal, try wrapper(of: seal, passphrase)) }
        let coverage = try coverage(call)
        guard case .server = user else {
            throw .unavailable("\(sealPath) does not exist; a server makes it at its first start")
        }
        let key = SecretKey()
        let directory = Hex.encode(SecureRandom.bytes(8))
        let seal = try Seal(key, of: directory, coverage, under: passphrase)
        do throws(KeyStoreError) {
            try files.create(Seal.fileName, seal.stored, call)
            return (seal, PassphraseWrapper(directory: directory, key: key))
        } catch .keyExists {
            guard let seal = try storedSeal()?.seal else { throw .unavailable("\(sealPath) comes and goes") }
            return (seal, try wrapper(of: seal, passphrase))
        }
    }

    /// Writes the seal anew; the directory's key stays, and with it every key's file.
    func reseal(
        _ coverage: Seal.Coverage?, under new: SecretSource, _ call: BlockingCalls.Call
    ) throws(KeyStoreError) {
        guard let (seal, stored) = try storedSeal() else { throw .unavailable("\(sealPath) does not exist") }
        let key = try wrapper(of: seal, try configuration.passphrase.read()).key
        let next = try Seal(key, of: seal.directory, coverage ?? seal.coverage, under: try new.read())
        do throws(KeyStoreError) {
            try files.replace(Seal.fileName, stored, with: next.stored, call)
        } catch .keyChanged {
            throw .unavailable("\(sealPath) was changed by somebody else meanwhile")
        }
    }

    private func storedSeal() throws(KeyStoreError) -> (seal: Seal, stored: SecretBytes)? {
        let stored: SecretBytes
        do throws(KeyStoreError) { stored = try files.read(Seal.fileName).0 } catch .keyNotFound { return nil }
        return (try saying(sealPath) { () throws(KeyStoreError) in try Seal(stored: stored) }, stored)
    }

    private func wrapper(of seal: Seal, _ passphrase: SecretBytes) throws(KeyStoreError) -> PassphraseWrapper {
        let key = try saying(sealPath) { () throws(KeyStoreError) in try seal.open(passphrase) }
        return PassphraseWrapper(directory: seal.directory, key: key)
    }

    // MARK: The keys

    /// What a seal has to say of the keys that are there before it.
    private func coverage(_ call: BlockingCalls.Call) throws(KeyStoreError) -> Seal.Coverage {
        var plain = 0
        try forEachKey(call) { (name) throws(KeyStoreError) in
            guard try !Envelope.isStored(in: files.read(name.text).0) else {
                throw .unavailable(
                    "the key '\(name)' in \(configuration.path) is sealed, but \(sealPath) is missing; restore it "
                        + "from a backup, without it no sealed key can be opened")
            }
            plain += 1
        }
        guard plain > 0 else { return .all }
        guard configuration.acceptsPlain else { throw refusalOfPlain("\(plain) keys in it are not sealed") }
        return .some
    }

    func refusalOfPlain(_ reason: String) -> KeyStoreError {
        .unavailable(
            "\(configuration.path) cannot be used with a seal: \(reason); stop the server and seal them in place with "
                + "'coffer-kes seal keys --config FILE', or let the server go on meanwhile with 'accept_plain: true'")
    }

    /// The keys whose plain originals a sealing that was interrupted has left.
    func plainOriginals() throws(KeyStoreError) -> [KeyName] {
        try files.hiddenNames(PlainOriginal.prefix).compactMap {
            KeyName(String($0.dropFirst(PlainOriginal.prefix.count)))
        }
    }

    func forEachKey(
        _ call: BlockingCalls.Call, _ body: (KeyName) throws(KeyStoreError) -> Void
    ) throws(KeyStoreError) {
        var page = KeyNamePage(names: [], isLast: false)
        while !page.isLast {
            page = try files.names(prefix: "", after: page.names.last, limit: Self.pageSize, call)
            for text in page.names {
                guard !call.isWithdrawn else { throw .cancelled }
                if let name = KeyName(text) { try body(name) }
            }
        }
    }
}

/// What `work` says; causes begin with the path of the file that they are about.
private func saying<R>(
    _ path: String, _ work: () throws(KeyStoreError) -> R
) throws(KeyStoreError) -> R {
    do throws(KeyStoreError) {
        return try work()
    } catch {
        switch error {
        case .corrupt(let cause): throw .corrupt("\(path) \(cause)")
        case .notAuthorized(let cause): throw .notAuthorized("\(path) \(cause)")
        case .unavailable(let cause): throw .unavailable("\(path) \(cause)")
        case .keyExists, .keyNotFound, .keyChanged, .nameNotAllowed, .unreachable, .cancelled: throw error
        }
    }
}
