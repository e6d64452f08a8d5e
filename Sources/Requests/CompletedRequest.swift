package import AccessPolicy

/// A request that has been answered, well or badly: what logs, metrics, audit and notifications are made of.
package struct CompletedRequest: Sendable {
    package enum Service: String, CaseIterable, Sendable {
        case s3, admin, sts, health
        /// Scrapes.
        case metrics
        /// What the console does by itself: logins, say. What it does for an account is S3's or the administration's.
        case console
        /// None: the HTTP engine has refused the request.
        case http
    }

    /// One of many objects that a request is about.
    package struct NamedObject: Sendable {
        package let key: String
        package let versionID: String?

        package init(key: String, versionID: String?) {
            self.key = key
            self.versionID = versionID
        }
    }

    package let service: Service
    /// The operation's name in AWS's or MinIO's model; `nil` when the request was refused before it was known.
    package let operation: String?
    package let id: String
    package let principal: Principal?
    package let bucket: String?
    package let key: String?
    /// As clients see it; `nil` where no version was named or made.
    package let versionID: String?
    /// Those that the request's document names, as it names them; none of a request that is about one.
    package let objects: [NamedObject]
    /// `nil` when the HTTP engine has refused the request before it had read as much.
    package let method: String?
    /// As it came: what shows it goes by ``target`` or by ``LoggedTarget``.
    let sentTarget: String?
    /// As they came, but for those that the HTTP engine keeps to itself: what shows them goes by ``LoggedHeaders``.
    let sentHeaders: [(name: String, value: String)]
    /// Of the answer; empty where nobody was answered, or the HTTP engine has answered.
    let answeredHeaders: [(name: String, value: String)]
    package let remoteAddress: String
    package let isTLS: Bool
    package let status: Int
    /// S3's or the administration's code of a refusal or failure.
    package let errorCode: String?
    /// Bytes of the body that were taken from the client, framing included.
    package let bytesReceived: Int64
    /// Bytes of the answer's body that were given to the client.
    package let bytesSent: Int64
    /// False when the connection ended before the whole answer was given out.
    package let isComplete: Bool
    /// When the head arrived, or when the HTTP engine refused it: milliseconds since 1970.
    package let time: Int64
    /// From the head's arrival to the last byte given out, nanoseconds; `nil` for what the HTTP engine has refused.
    package let duration: Int64?
    /// From the head's arrival to the answer's head, nanoseconds; `nil` where there was none, and as ``duration``.
    package let timeToFirstByte: Int64?
}

extension CompletedRequest {
    /// The request's target without what could be secret; `nil` as the method.
    package var target: String? { sentTarget.map { loggable(LoggedTarget($0).description) } }
    package var host: String? { header("host").map(loggable) }
    package var userAgent: String? { header("user-agent").map(loggable) }
    /// The span that the request says it belongs to.
    package var traceParent: TraceParent? { header("traceparent").flatMap(TraceParent.init) }

    /// The headers without what could be secret.
    package var loggedHeaders: LoggedHeaders { LoggedHeaders(sentHeaders) }
    /// Those of the answer.
    package var loggedAnswer: LoggedHeaders { LoggedHeaders(answeredHeaders) }
    /// The query, still percent-encoded, without what could be secret.
    package var loggedQuery: [(name: String, value: String)] { sentTarget.map { LoggedQuery($0).pairs } ?? [] }

    private func header(_ name: String) -> String? { sentHeaders.first { $0.name == name }?.value }
}

/// As much of what a client has written as belongs into every log: a head may be of 64 KiB.
func loggable(_ text: String) -> String {
    text.utf8.count <= 2048 ? text : String(decoding: text.utf8.prefix(2048), as: UTF8.self) + "…"
}

/// What wants to know of every request that has ended.
package protocol RequestObserver: Sendable {
    /// Whether it wants to be told at all, for now: for requests that nobody asks for, none of this is made.
    var isListening: Bool { get }

    /// Called once for each request, on an event loop: microseconds at most, and nothing that blocks.
    func observe(_ request: CompletedRequest)
}

extension RequestObserver {
    package var isListening: Bool { true }
}
