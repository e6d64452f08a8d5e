/// Sends requests that show a token: obtained when it is first needed, and once more when the store does not take it.
struct AuthorizedClient<Token: Sendable>: Sendable {
    let client: StoreClient
    let tokens: TokenSource<Token>
    /// The header that shows a token.
    let header: @Sendable (Token) -> (name: String, value: String)

    /// The answer, whatever its status.
    ///
    /// - Parameter request: Makes the request anew for each token, since one that was sent is wiped.
    func send(_ time: CallTime, _ request: () -> StoreRequest) async throws(KeyStoreError) -> StoreAnswer {
        let (token, number) = try await tokens.token(time)
        let answer = try await send(request(), token, time)
        guard isRefused(answer, number) else { return answer }
        let (another, next) = try await tokens.token(time)
        let second = try await send(request(), another, time)
        _ = isRefused(second, next)
        return second.inDoubt(answer.mayHaveHappenedBefore)
    }

    /// Whether the store did not take the token, and another is worth a try.
    ///
    /// Revoked, or the store has lost it: the token's life says nothing then.
    private func isRefused(_ answer: StoreAnswer, _ number: UInt64) -> Bool {
        if answer.status == 401 { return tokens.refuse(number) }
        // A denial, or a failure, may come before anybody has looked at the token.
        if answer.status < 500, answer.status != 403 { tokens.accept(number) }
        return false
    }

    private func send(
        _ request: StoreRequest, _ token: Token, _ time: CallTime
    ) async throws(KeyStoreError) -> StoreAnswer {
        var request = request
        request.headers.append(header(token))
        return try await client.send(request, time)
    }
}
