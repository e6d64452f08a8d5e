package import HTTPClient
package import SealedStorage

/// A webhook as the server is configured to tell it of events.
package struct WebhookTarget: Sendable {
    /// As buckets' configurations name it.
    package let id: String
    /// `http` or `https`.
    package let endpoint: String
    /// The value of `Authorization`, secret; `nil` for none.
    package let authorization: String?
    package let limit: EventQueueLimit
    /// Whom it trusts, and who it says it is.
    package let transport: HTTPClientConfiguration

    package init(
        id: String, endpoint: String, token: String?, limit: EventQueueLimit, transport: HTTPClientConfiguration
    ) {
        self.id = id
        self.endpoint = endpoint
        // As MinIO reads it: a single word is a bearer's token, two are scheme and credentials.
        authorization = token.map { $0.contains(" ") ? $0 : "Bearer \($0)" }
        self.limit = limit
        self.transport = transport
    }

    /// The target's endpoint for logs: without a query, or credentials, which may be secret.
    package var loggedEndpoint: String {
        let address = endpoint.prefix { $0 != "?" && $0 != "#" }
        guard let scheme = address.firstRange(of: "://"), let at = address.lastIndex(of: "@") else {
            return String(address)
        }
        return String(address[..<scheme.upperBound]) + String(address[address.index(after: at)...])
    }
}
