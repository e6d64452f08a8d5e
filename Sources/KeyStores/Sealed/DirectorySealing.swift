import Cryptography
package import KESProtocol

/// Seals a directory of plain keys in place, and changes the passphrase of a sealed one.
///
/// Servers may go on meanwhile, if they have the same seal and accept plain keys.
package struct DirectorySealing: Sendable {
    package struct Outcome: Sendable {
        package fileprivate(set) var sealed = 0
        package fileprivate(set) var alreadySealed = 0
        /// How many plain originals an earlier run, which was interrupted, had left, and this one has overwritten.
        package fileprivate(set) var leftOver = 0
        /// How many plain originals were left as they were, since they have a further name.
        package fileprivate(set) var withFurtherNames = 0
        /// Keys whose plain originals could not be overwritten, and why.
        package fileprivate(set) var notOverwritten: [(name: KeyName, cause: String)] = []
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
            let (seal, wrapper) = try directory.open(as: .server, call)
            var outcome = Outcome()
            try settleLeftOvers(wrapper, &outcome)
            try directory.forEachKey(call) { (name) throws(KeyStoreError) in
                try self.seal(name, wrapper, &outcome, call)
                progress(outcome.sealed + outcome.alreadySealed)
            }
            var rest = Outcome()
            // Once more, for keys that came meanwhile.
            try directory.forEachKey(call) { (name) throws(KeyStoreError) in try self.seal(name, wrapper, &rest, call) }
            outcome.sealed += rest.sealed
            outcome.withFurtherNames += rest.withFurtherNames
            outcome.notOverwritten += rest.notOverwritten
            if seal.coverage == .some, outcome.unopened.isEmpty {
                try directory.reseal(.all, under: directory.configuration.passphrase, call)
            }
            return outcome
        }
    }

    // MARK: One key

    private func seal(
        _ name: KeyName, _ wrapper: PassphraseWrapper, _ outcome: inout Outcome, _ call: BlockingCalls.Call
    ) throws(KeyStoreError) {
        let files = directory.files
        while true {
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
                let original = try PlainOriginal(holding: name, in: files.path)
                guard try replace(original, name, wrapper, call) else { continue }
                outcome.sealed += 1
                end(original, name, &outcome)
                return
            } catch .keyNotFound {
                return
            }
        }
    }

    /// Puts the sealed key in the place of the plain one that is held; false, with nothing held, when that has changed.
    private func replace(
        _ original: PlainOriginal, _ name: KeyName, _ wrapper: PassphraseWrapper, _ call: BlockingCalls.Call
    ) throws(KeyStoreError) -> Bool {
        let files = directory.files
        do throws(KeyStoreError) {
            let plain = try files.read(name.text).0
            guard original.isNamed, !Envelope.isStored(in: plain) else {
                original.release()
                return false
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
            return true
        } catch .keyChanged {
            original.release()
            return false
        } catch .keyNotFound {
            // Deleted meanwhile: nobody wants it back.
            _ = original.overwrite()
            throw .keyNotFound
        } catch {
            // Otherwise the next run decides.
            if original.isNamed { original.release() }
            throw error
        }
    }

    private func end(_ original: PlainOriginal, _ name: KeyName, _ outcome: inout Outcome) {
        switch original.overwrite() {
        case .overwritten: break
        case .hasFurtherNames: outcome.withFurtherNames += 1
        case .failed(let cause): outcome.notOverwritten.append((name, cause))
        }
    }

    private func opens(_ held: SecretBytes, as name: KeyName, _ wrapper: PassphraseWrapper) -> Bool {
        do throws(KeyStoreError) {
            let envelope = try Envelope(stored: held)
            guard envelope.kind == wrapper.kind else { return false }
            _ = try envelope.open(name, key: try wrapper.unwrapped(envelope.wrapped, name))
            return true
        } catch {
            return false
        }
    }

    // MARK: An earlier run

    /// Sees to the originals that a run which was interrupted has left.
    private func settleLeftOvers(_ wrapper: PassphraseWrapper, _ outcome: inout Outcome) throws(KeyStoreError) {
        for name in try directory.plainOriginals() {
            let original = PlainOriginal(leftOverOf: name, in: directory.files.path)
            // It did not come to the sealed one.
            if original.isNamed {
                original.release()
                continue
            }
            do throws(KeyStoreError) {
                let held = try directory.files.read(name.text).0
                // It may be all that is left of the key.
                if Envelope.isStored(in: held), !opens(held, as: name, wrapper) {
                    outcome.notOverwritten.append((name, "the sealed key does not open, so its plain original is kept"))
                    continue
                }
            } catch .keyNotFound {
                // Deleted since.
            }
            let before = outcome.notOverwritten.count + outcome.withFurtherNames
            end(original, name, &outcome)
            if outcome.notOverwritten.count + outcome.withFurtherNames == before { outcome.leftOver += 1 }
        }
    }
}
