/// Who sent a request.
package enum Principal: Hashable, Sendable {
    /// A request without a signature.
    case anonymous
    /// The account that the server was started with.
    case root(accessKey: String)

    /// `nil` for who has none.
    package var accessKey: String? {
        switch self {
        case .anonymous: nil
        case .root(let accessKey): accessKey
        }
    }
}
