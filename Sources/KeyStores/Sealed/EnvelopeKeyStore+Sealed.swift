package import Logging

/// Keys in files under a passphrase: an ``EnvelopeKeyStore`` whose wrapping key is in the directory itself, sealed.
extension EnvelopeKeyStore {
    /// Opens the directory and its seal, both made by a server if they are missing; the passphrase is asked for this once.
    ///
    /// Throws ``KeyStoreError/notAuthorized(_:)`` for a wrong passphrase, and ``KeyStoreError/unavailable(_:)`` where plain
    /// keys are in the way.
    package static func open(
        _ configuration: SealedConfiguration, as user: DirectoryUser = .server, logger: Logger
    ) async throws(KeyStoreError) -> EnvelopeKeyStore {
        let files = try FileKeyStore(.init(path: configuration.path), as: user, logger: logger)
        let directory = SealedDirectory(configuration)
        let calls = BlockingCalls(label: "coffer.key-store.seal", threads: 1)
        let (seal, wrapper, originals) = try await calls.run { (call) throws(KeyStoreError) in
            let (seal, wrapper) = try directory.open(as: user, call)
            return (seal, wrapper, try directory.plainOriginals().count)
        }
        if originals > 0 {
            logger.warning(
                """
                \(originals) plain originals of sealed keys are still in \(configuration.path), as '\(PlainOriginal.prefix)…'; \
                'coffer-kes seal keys' overwrites them
                """)
        }
        switch (seal.coverage, configuration.acceptsPlain) {
        case (.all, let acceptsPlain):
            if acceptsPlain {
                logger.warning(
                    """
                    all keys are sealed: 'accept_plain' has no effect; take it out, since with it a new seal is made over \
                    plain keys where somebody has removed the old one
                    """)
            }
            return EnvelopeKeyStore(files, wrapper)
        case (.some, true):
            logger.warning("keys that are not sealed are accepted; 'coffer-kes seal keys' seals them")
            return EnvelopeKeyStore(files, wrapper, unsealed: .accepted)
        case (.some, false): throw directory.refusalOfPlain("not all keys in it are known to be sealed")
        }
    }
}
