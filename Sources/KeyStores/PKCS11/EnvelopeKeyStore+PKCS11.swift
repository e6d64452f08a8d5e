package import Logging

/// Keys in files under a key of a hardware security module.
extension EnvelopeKeyStore {
    /// How long a module may take to be loaded and asked for its token and its key.
    private static let longestOpening = Duration.seconds(15)
    /// One thread for all: where a module hangs while it is loaded, further tries wait behind that.
    private static let loading = BlockingCalls(
        label: "coffer.key-store.pkcs11.loading", threads: 1, maximumWaiting: 1,
        refusal: "the PKCS#11 module hangs: an earlier try to load it has not returned")

    /// Opens the directory, loads the module, logs in to the token and tries the key.
    ///
    /// Throws ``KeyStoreError/unreachable(_:)`` where there is no token now, and what else is thrown says what to change.
    package static func open(
        _ configuration: PKCS11Configuration, as user: DirectoryUser = .server, logger: Logger
    ) async throws(KeyStoreError) -> EnvelopeKeyStore {
        let files = try FileKeyStore(.init(path: configuration.path), as: user, logger: logger)
        let late = KeyStoreError.unreachable(
            "the PKCS#11 module \(configuration.module) did not answer within \(longestOpening)")
        let opened = await within(longestOpening, late: late) { () async throws(KeyStoreError) in
            let module = try await loading.run { (_) throws(KeyStoreError) in
                try PKCS11Module.load(configuration.module)
            }
            let wrapper = PKCS11Wrapper(module, configuration)
            return (wrapper, try await wrapper.examine())
        }
        let (wrapper, warning) = try opened.get()
        if let warning { logger.warning("\(warning)") }
        return EnvelopeKeyStore(files, wrapper)
    }
}
