package enum HTTPClientMethod: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
}

package struct HTTPClientRequest: Sendable {
    package enum Redirects: Sendable {
        /// A 3xx is an answer like any other.
        case none
        /// Followed a few times, with GET and HEAD, while scheme, host and port stay the same.
        case sameOrigin
    }

    package var method: HTTPClientMethod
    /// Absolute, percent-encoded, with the scheme `https` or `http`.
    package var url: String
    package var headers: [(name: String, value: String)] = []
    /// Sent with POST and PUT alone.
    package var body: [UInt8] = []
    /// From the call to the whole answer, waiting for a free connection included.
    package var timeout: Duration = .seconds(10)
    /// With streams: the longest time between two pieces of the answer; the head then has to come within `timeout`.
    ///
    /// Kept to about a second. `nil`: no bound on either, for a stream that says something only when something happens.
    package var longestSilence: Duration?
    /// A longer body is an error; with streams, a longer line.
    package var maxResponseBytes = 1 << 20
    /// Headers of the response that are wanted, in lower case; of others those of the prefix alone are kept.
    package var wantedHeaders: [String] = []
    /// What the names of more wanted headers begin with, in lower case: metadata, whose names are anybody's.
    package var wantedHeaderPrefix: String?
    package var redirects = Redirects.none
    /// True for what must not be sent twice: libcurl by itself sends a request again when a kept connection turns out to
    /// be closed, though the server may have had the request.
    package var needsFreshConnection = false

    package init(_ method: HTTPClientMethod, _ url: String) {
        self.method = method
        self.url = url
    }
}

package struct HTTPClientResponse: Sendable {
    package let status: Int
    /// Those of the wanted headers that were there, by their names in lower case.
    package let headers: [String: String]
    /// Whether the request went out twice, so that the server may have performed it before.
    ///
    /// That is so when a connection that was kept ended before any answer, and another was made.
    package let wasSentAgain: Bool
    /// May hold secrets: see ``wipeBody()``.
    package let body: [UInt8]

    /// Overwrites the bytes of the body where they are: who has a copy of the array must not read it any more.
    ///
    /// Other than by its owner's copy-on-write they are reached although what delivered the response may still hold it.
    package func wipeBody() { wipeShared(body) }
}
