import Cryptography

/// A password or token of the configuration, which no log and no message shows.
package final class SecretText: @unchecked Sendable, CustomStringConvertible, CustomReflectable {
    // Unchecked: the bytes are written in the initialiser and the deinitialiser only.
    private var storage: [UInt8]

    package init(_ text: String) { storage = Array(text.utf8) }

    deinit { wipe(&storage) }

    /// A copy of the bytes, which its taker wipes.
    package var bytes: [UInt8] { storage.withUnsafeBytes { Array($0) } }

    /// A copy as text, for a header or a document; the heap of the key server wipes what is freed.
    var text: String {
        var bytes = bytes
        defer { wipe(&bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }

    package var description: String { "<secret>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
