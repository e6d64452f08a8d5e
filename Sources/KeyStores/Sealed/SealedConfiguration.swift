import Glibc

/// Keys in files as a ``FileKeyStore`` keeps them, but sealed under a passphrase.
package struct SealedConfiguration: Sendable {
    /// The directory, from the working directory unless it is absolute.
    package var path: String
    package var passphrase: SecretSource
    /// Whether keys that are not sealed are used, as long as the directory is on its way from plain to sealed.
    package var acceptsPlain: Bool

    /// Whether a directory has a seal.
    package static func isSealed(_ path: String) -> Bool { access("\(path)/\(Seal.fileName)", F_OK) == 0 }

    package init(path: String, passphrase: SecretSource, acceptsPlain: Bool = false) {
        self.path = path
        self.passphrase = passphrase
        self.acceptsPlain = acceptsPlain
    }
}
