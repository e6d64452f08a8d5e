import HTTPClient
import JSON

/// What a key store is asked over HTTP.
struct StoreRequest: Sendable {
    var method: HTTPClientMethod
    /// Absolute and percent-encoded.
    var url: String
    var headers: [(name: String, value: String)] = []
    /// A secret; the heap of the key server wipes what is freed.
    var body: [UInt8] = []
    /// Whether it may be sent again when nobody knows if it was performed: the connection ended before the answer.
    ///
    /// False for what would then happen twice, or be refused for having happened.
    var isRepeatable: Bool
    /// Instead of the client's; for requests whose failures the store has to look into before they are sent again.
    var retries: RetryPolicy?
    /// Headers of the answer that are wanted, in lower case.
    var wantedHeaders: [String] = []
    /// A longer answer is a failure of the store; in bytes.
    var maxAnswerBytes = 8 << 20

    init(_ method: HTTPClientMethod, _ url: String, isRepeatable: Bool) {
        self.method = method
        self.url = url
        self.isRepeatable = isRepeatable
    }
}

/// What a key store answers, whatever its status.
struct StoreAnswer: Sendable {
    private let response: HTTPClientResponse
    /// Whether an earlier try of the same request may have been performed: it got no answer, or one of failure.
    let mayHaveHappenedBefore: Bool

    init(_ response: HTTPClientResponse, mayHaveHappenedBefore: Bool = false) {
        self.response = response
        self.mayHaveHappenedBefore = mayHaveHappenedBefore
    }

    /// The same, of a request that may have been performed by an earlier one.
    func inDoubt(_ earlier: Bool) -> StoreAnswer {
        StoreAnswer(response, mayHaveHappenedBefore: mayHaveHappenedBefore || earlier)
    }

    var status: Int { response.status }
    var isSuccess: Bool { 200..<300 ~= status }
    /// A secret where the answer holds keys or tokens; the heap of the key server wipes what is freed.
    var body: [UInt8] { response.body }

    /// The value of one of the wanted headers, by its name in lower case.
    func header(_ name: String) -> String? { response.headers[name] }

    /// The body as JSON; `nil` when it is something else.
    var json: JSONValue? { JSONValue(body) }

    /// The body of an answer that has to be JSON; anything else, such as a proxy's page, is a failure of the store.
    func document(of store: String) throws(KeyStoreError) -> JSONValue {
        guard let json else { throw .unavailable("\(store): the answer (status \(status)) is not JSON") }
        return json
    }
}
