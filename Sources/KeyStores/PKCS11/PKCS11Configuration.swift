/// A hardware security module that wraps keys which are kept in files.
package struct PKCS11Configuration: Sendable {
    /// The directory of the files.
    package var path: String

    package init(path: String) { self.path = path }
}
