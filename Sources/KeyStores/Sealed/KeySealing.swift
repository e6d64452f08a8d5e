import Cryptography
import Glibc
package import KESProtocol

/// Seals a directory of plain keys in place, and changes the passphrase of a sealed one.
///
/// Servers may go on meanwhile, if they have the same seal and accept plain keys.
package struct KeySealing: Sendable {
    package struct Outcome: Sendable {
        package fileprivate(set) var sealed = 0
        package fileprivate(set) var alreadySealed = 0
        /// Of the sealed: how many plain originals were left as they were, since they have a further name.
        package fileprivate(set) var notOverwritten = 0
        /// Sealed before, and they do not open: damaged, or sealed by something else.
        package fileprivate(set) var unopened: [KeyName] = []
    }

    private let directory: SealedDirectory
    private let calls = BlockingCalls(label: "coffer.key-store.sealing", threads: 1)

    package init(_ configuration: SealedConfiguration) {
        var configuration = configuration
        configuration.acceptsPlain = true
        directory = SealedDirectory(configuration)
    }

    /// Replaces the passphrase by `new`, in one step: after a crash the file has the old one or the new one.
    package func changePassphrase(to new: SecretSource) async throws(KeyStoreError) {
        try await calls.run { [directory] (call) throws(KeyStoreError) in try directory.reseal(nil, under: new, call) }
    }

    /// Seals one key after the other, each in one step, so that it can be interrupted anywhere and run again.
    ///
    /// When all are sealed, the seal says so, and plain keys are never accepted again. One that does not open is passed over
    /// and named. `progress` hears how many keys were seen to, after each.
    package func run(progress: @escaping @Sendable (Int) -> Void) async throws(KeyStoreError) -> Outcome {
        try await calls.run { [directory] (call) throws(KeyStoreError) in
            let (seal, wrapper) = try directory.open(call)
            var outcome = Outcome()
            try directory.forEachKey(call) { (name) throws(KeyStoreError) in
                try Self.seal(name, in: directory, wrapper, &outcome, call)
                progress(outcome.sealed + outcome.alreadySealed)
            }
            var rest = Outcome()
            // Once more, for keys that came meanwhile.
            try directory.forEachKey(call) { (name) throws(KeyStoreError) in
                try Self.seal(name, in: directory, wrapper, &rest, call)
            }
            outcome.sealed += rest.sealed
            outcome.notOverwritten += rest.notOverwritten
            if seal.coverage == .some, outcome.unopened.isEmpty {
                try directory.reseal(.all, under: directory.configuration.passphrase, call)
            }
            return outcome
        }
    }

    private static func seal(
        _ name: KeyName, in directory: SealedDirectory, _ wrapper: PassphraseWrapper, _ outcome: inout Outcome,
        _ call: BlockingCalls.Call
    ) throws(KeyStoreError) {
        let files = directory.files
        while true {
            let original = OriginalFile("\(files.path)/\(name)")
            do throws(KeyStoreError) {
                let plain = try files.read(name.text).0
                guard !Envelope.isStored(in: plain) else {
                    if opens(plain, as: name, wrapper) {
                        outcome.alreadySealed += 1
                    } else {
                        outcome.unopened.append(name)
                    }
                    return
                }
                let key = SecretKey()
                let wrapped = wrapper.wrapped(key, name)
                let stored = Envelope(sealing: plain, of: name, key: key, kind: wrapper.kind, wrapped: wrapped).stored
                try files.replace(name.text, plain, with: stored, call)
                // From the disk, as the next server does it, and before the plain one is gone for good. Whatever opens stands:
                // a server may have rotated the key meanwhile.
                let held = try files.read(name.text).0
                guard opens(held, as: name, wrapper) else {
                    try files.replace(name.text, held, with: plain, call)
                    throw .unavailable("the sealed key '\(name)' could not be read back, so it is plain again")
                }
                outcome.sealed += 1
                if try !original.overwrite() { outcome.notOverwritten += 1 }
                return
            } catch .keyChanged {
                continue
            } catch .keyNotFound {
                return
            }
        }
    }

    private static func opens(_ held: SecretBytes, as name: KeyName, _ wrapper: PassphraseWrapper) -> Bool {
        do throws(KeyStoreError) {
            let envelope = try Envelope(stored: held)
            guard envelope.kind == wrapper.kind else { return false }
            _ = try envelope.open(name, key: try wrapper.unwrapped(envelope.wrapped, name))
            return true
        } catch {
            return false
        }
    }
}

/// A file that is about to lose its name.
private struct OriginalFile: ~Copyable {
    private let path: String
    private let descriptor: Int32

    init(_ path: String) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Puts zeros over what it held; false, with nothing done, when another name still leads to it, as backups by hard links
    /// have them.
    ///
    /// What the device keeps of the old blocks is the device's matter.
    consuming func overwrite() throws(KeyStoreError) -> Bool {
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0, status.st_nlink == 0 else { return false }
        let zeros = [UInt8](repeating: 0, count: Int(status.st_size))
        guard pwrite(descriptor, zeros, zeros.count, 0) == zeros.count, fsync(descriptor) == 0 else {
            throw KeyStoreError("overwrite", path, errno: errno)
        }
        return true
    }
}
