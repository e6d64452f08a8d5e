/// A hardware security module that wraps keys which are kept in files.
package struct PKCS11Configuration: Sendable {
    package enum Token: Sendable, Hashable {
        /// What the token was given as its label when it was initialised.
        case label(String)
        /// The number of the slot that it is in, which some modules change with every start.
        case slot(UInt)
    }

    /// The directory of the files.
    package var path: String
    /// The path of the vendor's library, or a name that the system's loader finds.
    package var module: String
    package var token: Token
    /// The user's PIN.
    package var pin: SecretSource
    /// The label of the AES key that wraps; envelopes name the one that wrapped them, so another may take over.
    package var key: String

    package init(path: String, module: String, token: Token, pin: SecretSource, key: String) {
        self.path = path
        self.module = module
        self.token = token
        self.pin = pin
        self.key = key
    }
}
