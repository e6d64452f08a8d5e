import Cryptography
import Threading

/// Signing keys that have proved right, by credential.
///
/// Four of the five HMACs of a verification make the signing key, which stays the same for a day. At most `capacity` keys
/// are held, and only such as belonged to a right signature, so strangers cannot fill it.
final class SigningKeys: Sendable {
    private struct Entry {
        var secret: SecretString
        var key: SecretKey
    }

    private let capacity: Int
    private let entries = ShortLock<[Credential: Entry]>([:])

    init(capacity: Int = 1024) {
        self.capacity = capacity
    }

    /// The key for this credential if it was made of this very secret; a changed secret key takes effect at once.
    func key(_ credential: Credential, _ secret: SecretString) -> SecretKey? {
        entries.withLock { entries in
            guard let entry = entries[credential], entry.secret.isEqual(to: secret) else { return nil }
            return entry.key
        }
    }

    func insert(_ key: SecretKey, _ credential: Credential, _ secret: SecretString) {
        entries.withLock { entries in
            if entries.count >= capacity, entries[credential] == nil {
                // Yesterday's keys are of no more use; a cache full of today's begins anew.
                entries = entries.filter { $0.key.date >= credential.date }
                if entries.count >= capacity { entries.removeAll(keepingCapacity: true) }
            }
            entries[credential] = Entry(secret: secret, key: key)
        }
    }
}
