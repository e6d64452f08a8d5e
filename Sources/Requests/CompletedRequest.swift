package import AccessPolicy

/// A request that has been answered, well or badly: what logs, metrics, audit and notifications are made of.
package struct CompletedRequest: Sendable {
    package enum Service: String, Sendable {
        case s3, admin, sts, health
        /// None: the HTTP engine has refused the request.
        case http
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
    /// `nil` when the HTTP engine has refused the request before it had read as much.
    package let method: String?
    /// The request's target without what could be secret; `nil` as the method.
    package let target: String?
    package let host: String?
    package let userAgent: String?
    /// The span that the request says it belongs to.
    package let traceParent: TraceParent?
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
}

/// What wants to know of every request that has ended.
package protocol RequestObserver: Sendable {
    /// Called once for each request, on an event loop: microseconds at most, and nothing that blocks.
    func observe(_ request: CompletedRequest)
}
