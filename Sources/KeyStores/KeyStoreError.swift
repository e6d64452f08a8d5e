/// Why a key store did not do what it was asked.
///
/// Causes are for the log of the server; they hold no secrets.
package enum KeyStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is a key of that name already.
    case keyExists
    case keyNotFound
    /// The value was changed since it was read.
    case keyChanged
    /// The store cannot hold a key of that name; the text says which names it can.
    case nameNotAllowed(String)
    /// What the store holds of this one key cannot be its value.
    case corrupt(String)
    /// The store refuses whoever it takes the server for.
    case notAuthorized(String)
    /// The store answers, but with a failure.
    case unavailable(String)
    /// The store does not answer.
    case unreachable(String)
    /// The task was cancelled before the store's answer came.
    case cancelled

    package var description: String {
        switch self {
        case .keyExists: "the key exists"
        case .keyNotFound: "the key does not exist"
        case .keyChanged: "the key was changed meanwhile"
        case .nameNotAllowed(let cause), .corrupt(let cause), .notAuthorized(let cause), .unavailable(let cause),
            .unreachable(let cause):
            cause
        case .cancelled: "nobody waits for it any more"
        }
    }
}
