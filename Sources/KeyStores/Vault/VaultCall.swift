import HTTPClient
import JSON

/// What Vault is asked.
struct VaultCall: Sendable {
    var method: HTTPClientMethod
    var path: VaultPath
    /// Percent-encoded.
    var query: String?
    /// The body; holds secrets.
    var document: JSONValue?
    /// The capability that a policy of Vault has to grant on the path.
    var right: String
    /// See ``StoreRequest/isRepeatable``.
    var isRepeatable = true
    /// See ``StoreRequest/retries``.
    var retries: RetryPolicy?
    /// See ``StoreRequest/maxAnswerBytes``.
    var maxAnswerBytes = 8 << 20

    /// Method and path, for messages.
    var title: String { "\(method.rawValue) \(path)" }
}
