import Cryptography

/// Where a passphrase or PIN is that the configuration asks for.
package enum SecretSource: Sendable {
    case text(SecretText)
    /// Its contents, but for one line end behind them.
    case file(String)

    /// The longest secret, in bytes.
    private static let longest = 4096

    /// Read anew each time, so that a file may be exchanged; waits for the file, see ``CredentialFile``.
    ///
    /// Throws ``KeyStoreError/unavailable(_:)`` and ``KeyStoreError/notAuthorized(_:)`` when the file cannot be read, is
    /// empty or too long, and ``KeyStoreError/unreachable(_:)`` when its file system does not answer.
    func read() throws(KeyStoreError) -> SecretBytes {
        switch self {
        case .text(let text):
            var bytes = text.bytes
            return SecretBytes(moving: &bytes)
        case .file(let path): return try Self.contents(of: path)
        }
    }

    private static func contents(of path: String) throws(KeyStoreError) -> SecretBytes {
        let found: SecretBytes
        switch try CredentialFile.wait(for: path) {
        case .success(let bytes): found = bytes
        case .failure(.system(let operation, let code)): throw KeyStoreError(operation, path, errno: code)
        case .failure(let failure): throw .unavailable("\(path): \(failure.reason)")
        }
        let secret = found.withUnsafeBytes { bytes in
            var count = bytes.count
            if count > 0, bytes[count - 1] == UInt8(ascii: "\n") { count -= 1 }
            if count > 0, bytes[count - 1] == UInt8(ascii: "\r") { count -= 1 }
            return SecretBytes(bytes[..<count])
        }
        guard secret.count > 0 else { throw .unavailable("\(path) is empty") }
        guard secret.count <= longest else { throw .unavailable("\(path) is too long for a secret") }
        return secret
    }
}
