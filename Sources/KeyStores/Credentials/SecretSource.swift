import Cryptography
import Glibc

/// Where a passphrase or PIN is that the configuration asks for.
package enum SecretSource: Sendable {
    case text(SecretText)
    /// Its contents, but for one line end behind them.
    case file(String)

    /// The longest secret, in bytes.
    private static let longest = 4096

    /// Read anew each time, so that a file may be exchanged.
    ///
    /// Throws ``KeyStoreError/unavailable(_:)`` and ``KeyStoreError/notAuthorized(_:)`` when the file cannot be read, is
    /// empty or too long.
    func read() throws(KeyStoreError) -> SecretBytes {
        switch self {
        case .text(let text):
            var bytes = text.bytes
            return SecretBytes(moving: &bytes)
        case .file(let path): return try Self.contents(of: path)
        }
    }

    private static func contents(of path: String) throws(KeyStoreError) -> SecretBytes {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw KeyStoreError("open", path, errno: errno) }
        defer { close(descriptor) }
        let secret = try SecretBytes(capacity: longest + 2) { (buffer) throws(KeyStoreError) in
            var filled = 0
            while filled < buffer.count {
                let count = Glibc.read(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw KeyStoreError("read", path, errno: errno) }
                if count == 0 { break }
                filled += count
            }
            if filled > 0, buffer[filled - 1] == UInt8(ascii: "\n") { filled -= 1 }
            if filled > 0, buffer[filled - 1] == UInt8(ascii: "\r") { filled -= 1 }
            return filled
        }
        guard secret.count > 0 else { throw .unavailable("\(path) is empty") }
        guard secret.count <= longest else { throw .unavailable("\(path) is too long for a secret") }
        return secret
    }
}
