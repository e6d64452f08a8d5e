/// Why what a key store holds is not a master key.
///
/// For the log; it says nothing about the secret bytes.
package enum StoredKeyError: Error, Hashable, CustomStringConvertible {
    /// Neither JSON nor the base64 of a protobuf message.
    case malformed
    /// A key in it does not have 32 bytes.
    case invalidKeyLength
    case unknownAlgorithm(String)
    /// The numbers of the versions do not ascend from 1.
    case invalidVersions
    /// ``MasterKey/maximumVersionCount`` is reached.
    case tooManyVersions

    package var description: String {
        switch self {
        case .malformed: "the stored value is not a key in any known form"
        case .invalidKeyLength: "the stored key does not have 32 bytes"
        case .unknownAlgorithm(let name): "the stored key is for the unknown algorithm “\(name)”"
        case .invalidVersions: "the versions of the stored key are not in order"
        case .tooManyVersions: "the key has as many versions as it can have"
        }
    }
}
