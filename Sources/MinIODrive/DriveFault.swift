/// Why something on a MinIO drive cannot be read.
package enum DriveFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is there is not what was written: a sum, a length, a tag or the form of a record is wrong.
    case damaged(String)
    /// Written in a way that this reader does not know, or that one drive alone cannot be read of.
    case unsupported(String)
    /// The version's data is in a remote tier, of this name.
    case remote(tier: String)
    /// No customer's key for it was given, or none of those that were given opens it.
    case customerKeyMissing
    /// The key service has no key of this name, or no key service was named.
    case keyMissing(String)
    /// There is a key of the right name, but it does not open what was sealed.
    case keyWrong(String)
    /// The key service cannot be asked now.
    case keyServiceAway(String)
    /// The file system does not give it.
    case unreadable(String)

    package var description: String {
        switch self {
        case .damaged(let what): "damaged: \(what)"
        case .unsupported(let what): "not supported: \(what)"
        case .remote(let tier): "its data is in the remote tier “\(tier)”, not on this drive"
        case .customerKeyMissing: "encrypted with a customer's key that was not given"
        case .keyMissing(let key): "the key service has no key “\(key)”"
        case .keyWrong(let key): "the key “\(key)” does not open it"
        case .keyServiceAway(let reason): "the key service is not available: \(reason)"
        case .unreadable(let what): "cannot be read: \(what)"
        }
    }
}
