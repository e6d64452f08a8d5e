/// Sends requests that show a token: obtained when it is first needed, and once more when the store does not take it.
struct AuthorizedClient: Sendable {
    let client: StoreClient
    let tokens: TokenSource<String>
    /// The header that shows a token.
    let header: @Sendable (String) -> (name: String, value: String)

    /// The answer, whatever its status.
    ///
    /// - Parameter request: Makes the request anew for each token, since one that was sent is wiped.
    func send(_ time: CallTime, _ request: () -> StoreRequest) async throws(KeyStoreError) -> StoreAnswer {
        let (token, number) = try await tokens.token(time)
        let answer = try await send(request(), token, time)
        guard answer.status == 401 else { return answer }
        // Revoked, or the store has lost it: its life says nothing then.
        tokens.discard(number)
        let second = try await send(request(), try await tokens.token(time).token, time)
        return second.inDoubt(answer.mayHaveHappenedBefore)
    }

    private func send(
        _ request: StoreRequest, _ token: String, _ time: CallTime
    ) async throws(KeyStoreError) -> StoreAnswer {
        var request = request
        request.headers.append(header(token))
        return try await client.send(request, time)
    }
}
