import HTTPClient

/// Sends the requests of one key store: in bounded time, again where that helps, with failures in the store's terms.
///
/// One client is made for a store and keeps its connections. What it throws names the store and never a header or body.
struct StoreClient: Sendable {
    /// The store as messages begin with it: `vault`, `aws`, `azure`.
    let store: String
    let retries: RetryPolicy
    private let client: HTTPClient

    /// Reads the certificates that the configuration names; trouble with them is ``KeyStoreError/unavailable(_:)``.
    init(
        _ store: String, _ configuration: HTTPClientConfiguration, retries: RetryPolicy = .standard
    ) throws(KeyStoreError) {
        self.store = store
        self.retries = retries
        do throws(HTTPClientError) { client = try HTTPClient(configuration) } catch {
            throw .unavailable("\(store): \(error)")
        }
    }

    /// A client for what runs beside the server, on its machine or the machine's host: never by a proxy, and at once or not
    /// at all.
    static func ofNeighbour(_ store: String, retries: RetryPolicy = .standard) throws(KeyStoreError) -> StoreClient {
        var configuration = HTTPClientConfiguration()
        configuration.usesProxies = false
        configuration.connectTimeout = .seconds(1)
        return try StoreClient(store, configuration, retries: retries)
    }

    /// Reads the certificates that the configuration names anew, for requests to come; on failure the old ones stay.
    func replace(_ configuration: HTTPClientConfiguration) throws(KeyStoreError) {
        do throws(HTTPClientError) { try client.replace(configuration) } catch {
            throw .unavailable("\(store): \(error)")
        }
    }

    /// The answer, whatever its status, after as many tries as the policy has and the time allows.
    ///
    /// Throws ``KeyStoreError/unreachable(_:)`` when there is no answer and ``KeyStoreError/cancelled`` when the task is
    /// cancelled.
    func send(_ request: StoreRequest, _ time: CallTime) async throws(KeyStoreError) -> StoreAnswer {
        let retries = request.retries ?? retries
        var attempt = 1
        var isInDoubt = false
        while true {
            let outcome = await once(request, time, isInDoubt: isInDoubt)
            let pause = retries.pause(after: outcome, attempt: attempt, isRepeatable: request.isRepeatable)
            guard let pause, pause < time.left else {
                switch outcome {
                case .success(let answer): return answer
                case .failure(let error): throw failure(error)
                }
            }
            do { try await Task.sleep(for: pause) } catch { throw .cancelled }
            attempt += 1
            switch outcome {
            case .success(let answer): isInDoubt = answer.mayHaveHappenedBefore || answer.status >= 500
            case .failure(let error): isInDoubt = isInDoubt || !error.provesNothingWasSent
            }
        }
    }

    private func once(
        _ request: StoreRequest, _ time: CallTime, isInDoubt: Bool
    ) async -> Result<StoreAnswer, HTTPClientError> {
        var sent = HTTPClientRequest(request.method, request.url)
        sent.headers = request.headers
        sent.body = request.body
        sent.timeout = time.left
        sent.needsFreshConnection = !request.isRepeatable
        sent.maxResponseBytes = request.maxAnswerBytes
        sent.wantedHeaders = request.wantedHeaders + [StoreAnswer.retryAfterHeader]
        guard sent.timeout > .zero else { return .failure(.timedOut(.response)) }
        do throws(HTTPClientError) {
            let response = try await client.send(sent)
            return .success(StoreAnswer(response, mayHaveHappenedBefore: isInDoubt || response.wasSentAgain))
        } catch {
            return .failure(error)
        }
    }

    private func failure(_ error: HTTPClientError) -> KeyStoreError {
        switch error {
        case .cancelled: .cancelled
        case .configuration, .invalidRequest, .responseTooLarge, .other: .unavailable("\(store): \(error)")
        case .unresolvable, .refused, .unreachable, .untrustedServer, .tlsAlert, .tls, .timedOut, .connectionLost,
            .overloaded:
            .unreachable("\(store): \(error)")
        }
    }
}
