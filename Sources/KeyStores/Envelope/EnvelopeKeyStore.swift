package import Cryptography
package import KESProtocol

/// Keys in files, each sealed under a key of its own that a service or device has wrapped.
///
/// Of the service only wrapping and unwrapping is asked: one call for a key that is created, and one for a key that is
/// read. Whoever takes the files has nothing without it; whoever loses the files has nothing with it, so they are to be
/// backed up.
package final class EnvelopeKeyStore: ReplacingKeyStore {
    private let files: FileKeyStore
    private let wrapper: any KeyWrapper
    private let unsealed: UnsealedKeys

    init(_ files: FileKeyStore, _ wrapper: any KeyWrapper, unsealed: UnsealedKeys = .refused) {
        self.files = files
        self.wrapper = wrapper
        self.unsealed = unsealed
    }

    /// What becomes of keys in the files that are not sealed.
    enum UnsealedKeys: Sendable {
        case refused
        /// They are used, and sealed when they are replaced.
        case accepted
    }

    /// Whether a file's text is a sealed key's, whole or damaged.
    package static func holds(_ text: SecretBytes) -> Bool { Envelope.isStored(in: text) }

    package var title: String { "\(wrapper.title), keys in \(files.configuration.path)" }
    package var credentialExpiry: ContinuousClock.Instant? { wrapper.credentialExpiry }

    package func run() async { await wrapper.run() }

    // MARK: Calls

    package func status() async throws(KeyStoreError) -> Duration {
        let forFiles = try await files.status()
        return forFiles + (try await wrapper.status())
    }

    package func create(_ name: KeyName, _ value: SecretBytes) async throws(KeyStoreError) {
        // The files decide who is first; that they have the name already spares the service the call.
        guard try await stored(name) == nil else { throw .keyExists }
        try await files.create(name, try await seal(value, name))
    }

    package func get(_ name: KeyName) async throws(KeyStoreError) -> SecretBytes {
        try await open(try await files.get(name), name)
    }

    package func replace(_ name: KeyName, _ old: SecretBytes, with new: SecretBytes) async throws(KeyStoreError) {
        let stored = try await files.get(name)
        guard try await open(stored, name).isEqual(to: old) else { throw .keyChanged }
        try await files.replace(name, stored, with: try await seal(new, name))
    }

    package func delete(_ name: KeyName) async throws(KeyStoreError) { try await files.delete(name) }

    package func list(prefix: String, after last: String?, limit: Int) async throws(KeyStoreError) -> KeyNamePage {
        try await files.list(prefix: prefix, after: last, limit: limit)
    }

    // MARK: Parts

    private func stored(_ name: KeyName) async throws(KeyStoreError) -> SecretBytes? {
        do throws(KeyStoreError) { return try await files.get(name) } catch .keyNotFound { return nil } catch {
            throw error
        }
    }

    private func seal(_ value: SecretBytes, _ name: KeyName) async throws(KeyStoreError) -> SecretBytes {
        let key = SecretKey()
        let wrapped = try await wrapper.wrap(key, for: name)
        return Envelope(sealing: value, of: name, key: key, kind: wrapper.kind, wrapped: wrapped).stored
    }

    private func open(_ stored: SecretBytes, _ name: KeyName) async throws(KeyStoreError) -> SecretBytes {
        if case .accepted = unsealed, !Envelope.isStored(in: stored) { return stored }
        let envelope = try Envelope(stored: stored)
        guard envelope.kind == wrapper.kind else {
            throw .corrupt("the key was sealed by '\(envelope.kind.rawValue)', not by '\(wrapper.kind.rawValue)'")
        }
        return try envelope.open(name, key: try await wrapper.unwrap(envelope.wrapped, for: name))
    }
}
