import Glibc

/// Why a keyring file was not opened or made, in one sentence for the operator.
package enum KeyringError: Error, Hashable, CustomStringConvertible {
    case missing(path: String)
    case notAFile(path: String)
    /// Others than the owner may read or write the file.
    case looseMode(path: String, mode: UInt32)
    /// Others than the owner may put another file in its place.
    case looseDirectory(path: String, mode: UInt32)
    case notAKeyring(path: String)
    case unknownVersion(path: String, found: Int)
    case corrupted(path: String, reason: String)
    /// The file has more bytes than any keyring.
    case tooLong(path: String, maximumBytes: Int)
    /// One more key would be one too many: with it, the file would be longer than is read.
    case full(path: String, maximumBytes: Int)
    /// A new key is in the file, but a power cut may take it out again: it was not made durable.
    case notDurable(path: String, errno: Int32)
    case io(operation: String, path: String, errno: Int32)

    package var description: String {
        switch self {
        case .missing(let path): "There is no keyring at \(path)."
        case .notAFile(let path): "The keyring \(path) is not a regular file."
        case .looseMode(let path, let mode):
            "The keyring \(path) is open to other users (mode \(octal(mode))); make it private with: chmod 600 \(path)"
        case .looseDirectory(let path, let mode):
            "Other users may replace files in the keyring's directory \(path) (mode \(octal(mode))); "
                + "make it private with: chmod 700 \(path)"
        case .notAKeyring(let path): "The file \(path) is not a Coffer keyring."
        case .unknownVersion(let path, let found):
            "The keyring \(path) has format version \(found); this program reads version \(KeyringDocument.version)."
        case .corrupted(let path, let reason): "The keyring \(path) is damaged: \(reason)."
        case .tooLong(let path, let maximum): "The file \(path) is longer than a keyring may be (\(maximum) bytes)."
        case .full(let path, let maximum):
            "The keyring \(path) is full: with another key it would be longer than \(maximum) bytes."
        case .notDurable(let path, let errno):
            "A key could not be added to the keyring \(path) durably (\(String(cString: strerror(errno)))); "
                + "when the disk is well, restart the server."
        case .io(let operation, let path, let errno):
            "Could not \(operation) \(path): \(String(cString: strerror(errno)))."
        }
    }

    private func octal(_ mode: UInt32) -> String { "0" + String(mode & 0o7777, radix: 8) }
}
