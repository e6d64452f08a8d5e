package import KESProtocol

/// Where a key server keeps its keys: named texts that are written once, read often and, by rotation, replaced.
///
/// Texts are secrets in the form of <doc:KeyFormats>, at most ``maximumKeyValueByteCount`` long; who gets one wipes it.
/// Calls may take long and may be cancelled.
package protocol KeyStore: Sendable {
    /// Kind and place in one line, as in `Filesystem: /var/lib/kes`.
    var title: String { get }

    /// Asks whether the store works; how long the answer took.
    func status() async throws(KeyStoreError) -> Duration

    /// Adds a key, durably; throws ``KeyStoreError/exists`` when there is one of that name, which stays as it is.
    func create(_ name: KeyName, _ value: [UInt8]) async throws(KeyStoreError)

    /// Puts `new` in the place of `old`, durably and all at once.
    ///
    /// Throws ``KeyStoreError/conflict`` when the store holds something other than `old`.
    func replace(_ name: KeyName, _ old: [UInt8], with new: [UInt8]) async throws(KeyStoreError)

    func get(_ name: KeyName) async throws(KeyStoreError) -> [UInt8]

    func delete(_ name: KeyName) async throws(KeyStoreError)

    /// The names that begin with `prefix`, sorted by their bytes.
    func list(prefix: String) async throws(KeyStoreError) -> [String]
}

/// No value is longer, in bytes; a key with a thousand versions has some 200 000.
package let maximumKeyValueByteCount = 1 << 20

/// Why a key store did not do what it was asked.
package enum KeyStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    case exists
    case notFound
    /// The value was changed since it was read.
    case conflict
    /// The store does not answer; the cause, for the log.
    case unreachable(String)
    /// The store answers, but with a failure; the cause, for the log.
    case failed(String)

    /// Whether the store did its part: it answered, and what it said is true.
    package var isAnswer: Bool {
        switch self {
        case .exists, .notFound, .conflict: true
        case .unreachable, .failed: false
        }
    }

    package var description: String {
        switch self {
        case .exists: "the key exists"
        case .notFound: "the key does not exist"
        case .conflict: "the key was changed meanwhile"
        case .unreachable(let cause), .failed(let cause): cause
        }
    }
}
