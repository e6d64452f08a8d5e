import Glibc
import HTTPClient
import Notation

/// When a request to a key store is sent again, and after which pause.
struct RetryPolicy: Sendable {
    /// Tries in all, the first one included.
    var tries: Int
    /// The pause before the second try; each further one is twice as long, up to ``longestPause``.
    ///
    /// Up to a half of it is taken off at random, so that servers which failed together do not come back together.
    var pause: Duration
    var longestPause: Duration
    /// Whether the store may answer otherwise if it is asked again: it is busy, throttles, or fails for now.
    var isTransient: @Sendable (StoreAnswer) -> Bool

    static let standard = RetryPolicy(tries: 4, pause: .milliseconds(400), longestPause: .seconds(4)) { answer in
        [408, 429, 500, 502, 503, 504].contains(answer.status)
    }

    static let once = RetryPolicy(tries: 1, pause: .zero, longestPause: .zero) { _ in false }

    /// The pause before the next try; `nil` when there is none.
    ///
    /// - Parameters:
    ///   - attempt: How many tries there were, at least 1.
    ///   - isRepeatable: See ``StoreRequest/isRepeatable``.
    func pause(
        after outcome: Result<StoreAnswer, HTTPClientError>, attempt: Int, isRepeatable: Bool
    ) -> Duration? {
        guard attempt < tries else { return nil }
        switch outcome {
        case .success(let answer):
            // Busy, it says before it has begun; after another failure it may have done it.
            let isHarmless = isRepeatable || answer.status == 429 || answer.status == 503
            guard isHarmless, isTransient(answer) else { return nil }
            return max(randomPause(attempt), answer.retryAfter ?? .zero)
        case .failure(let error):
            guard error.provesNothingWasSent || (isRepeatable && error.isLoss) else { return nil }
            return randomPause(attempt)
        }
    }

    private func randomPause(_ attempt: Int) -> Duration {
        let whole = min(longestPause, pause * (1 << min(attempt - 1, 16)))
        return whole * Double.random(in: 0.5...1)
    }
}

extension StoreAnswer {
    static let retryAfterHeader = "retry-after"

    /// How long the store wants to be left alone: seconds, or until a date.
    var retryAfter: Duration? {
        guard let text = header(Self.retryAfterHeader) else { return nil }
        if let seconds = Int64(text) { return .seconds(max(0, min(seconds, 86_400))) }
        guard let date = HTTPDate.parse(text) else { return nil }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return .seconds(max(0, min(date - Int64(now.tv_sec), 86_400)))
    }
}

extension HTTPClientError {
    /// Whether the request cannot have reached the server.
    var provesNothingWasSent: Bool {
        if case .overloaded = self { true } else { isNoConnection }
    }

    /// Whether the connection ended between the request and the answer.
    var isLoss: Bool {
        if case .connectionLost = self { true } else { false }
    }
}
