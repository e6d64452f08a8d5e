package import HTTPClient
package import SealedStorage

/// A webhook as the server is configured to tell it of events, of requests, or of its log.
package struct WebhookTarget: Sendable {
    package enum Purpose: Hashable, Sendable {
        /// Events of buckets, which name it.
        case events
        /// Every request.
        case audit
        /// Lines of the server's log.
        case log
    }

    /// When what failed is tried again.
    package enum Retry: Hashable, Sendable {
        /// After a second, and then after twice as long up to a minute; without end.
        case growing
        /// After this time; given up after so many failures, `nil` for never.
        case every(Duration, limit: Int?)
    }

    package let purpose: Purpose
    /// As buckets' configurations name it, or the variables that configure it.
    package let id: String
    /// `http` or `https`.
    package let endpoint: String
    /// The value of `Authorization`, secret; `nil` for none.
    package let authorization: String?
    package let limit: EventQueueLimit
    /// Documents of one request, a line each.
    package var batch = 1
    package var retry = Retry.growing
    /// How long an answer may take.
    package var timeout = Duration.seconds(10)
    /// Whom it trusts, and who it says it is.
    package let transport: HTTPClientConfiguration

    package init(
        _ purpose: Purpose = .events, id: String, endpoint: String, token: String?, limit: EventQueueLimit,
        transport: HTTPClientConfiguration
    ) {
        self.purpose = purpose
        self.id = id
        self.endpoint = endpoint
        // As MinIO reads it: for events a single word is a bearer's token, two are scheme and credentials; else it is sent
        // as it is.
        authorization = token.map { purpose != .events || $0.contains(" ") ? $0 : "Bearer \($0)" }
        self.limit = limit
        self.transport = transport
    }

    /// What waits for it on the drive has this name; no bucket can name one with a colon.
    package var queue: String {
        switch purpose {
        case .events: id
        case .audit: "audit:\(id)"
        case .log: "logger:\(id)"
        }
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
