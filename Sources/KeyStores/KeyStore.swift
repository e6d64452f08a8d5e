package import Cryptography
package import KESProtocol

/// Where a key server keeps its keys: named texts that are written once, read often and, by rotation, replaced.
///
/// Texts are secrets, at most ``maximumKeyValueByteCount`` bytes long. To the store they mean nothing.
///
/// A call may take long, for as long as somebody waits for it: who calls bounds it (`within`), and cancels the task when
/// nobody waits any more. A store then gives up what it can and throws ``KeyStoreError/cancelled``; a change that has
/// begun may happen all the same. A store that tries again does so only as long as the task is not cancelled.
///
/// Every store has its members in this order: its configuration, how it authenticates itself, the calls, the errors.
package protocol KeyStore: Sendable {
    /// Kind and place in one line, as in `Filesystem: /var/lib/kes`.
    var title: String { get }

    /// When what the store signs in with ends, if that is known: a token, temporary credentials.
    ///
    /// `nil` where there is nothing of the kind, or it never ends.
    var credentialExpiry: ContinuousClock.Instant? { get }

    /// Keeps alive what calls need, such as tokens that end, until the task is cancelled.
    ///
    /// A store without such things returns at once. Calls work without it too, for as long as what they need lives.
    func run() async

    /// Asks whether the store works; how long the answer took.
    func status() async throws(KeyStoreError) -> Duration

    /// Adds a key, durably, if there is none of that name.
    ///
    /// Throws ``KeyStoreError/keyExists`` otherwise, and what is there stays as it is.
    func create(_ name: KeyName, _ value: SecretBytes) async throws(KeyStoreError)

    func get(_ name: KeyName) async throws(KeyStoreError) -> SecretBytes

    /// Throws ``KeyStoreError/keyNotFound`` where the store can tell that there is no such key.
    func delete(_ name: KeyName) async throws(KeyStoreError)

    /// The first names, in the order of their bytes, that begin with `prefix` and come after `last`.
    ///
    /// At most `limit` of them, which is at least 1; what is no name of a key is left out.
    func list(prefix: String, after last: String?, limit: Int) async throws(KeyStoreError) -> KeyNamePage
}

extension KeyStore {
    package var credentialExpiry: ContinuousClock.Instant? { nil }
    package func run() async {}

    /// The store as one that replaces values; throws ``KeyStoreError/unavailable(_:)`` where it is none.
    package func replacing() throws(KeyStoreError) -> any ReplacingKeyStore {
        guard let replacing = self as? any ReplacingKeyStore else {
            throw .unavailable(
                "\(title): this store cannot replace a key's value atomically, so its keys cannot be rotated")
        }
        return replacing
    }
}

/// A key store that can change a value on the condition that it is still the old one, so that keys can be rotated.
///
/// To put one value over another without such a condition would lose what a second server has put there.
package protocol ReplacingKeyStore: KeyStore {
    /// Puts `new` in the place of `old`, durably and all at once.
    ///
    /// Throws ``KeyStoreError/keyChanged`` when the store holds something other than `old`.
    func replace(_ name: KeyName, _ old: SecretBytes, with new: SecretBytes) async throws(KeyStoreError)
}

/// No value is longer, in bytes; a key with a thousand versions has some 200 000.
package let maximumKeyValueByteCount = 1 << 20
