import HTTPClient
import JSON

extension AzureVault {
    /// At most 25 items of a listing.
    struct Page: Sendable {
        let items: [JSONValue]
        /// The path of what follows; `nil` at the end.
        let next: String?
    }

    /// A page of a listing; `nil` when the vault says that there is no such secret.
    func page(
        _ path: String, _ operation: String, needing right: AzureRight, _ time: CallTime
    ) async throws(KeyStoreError) -> Page? {
        let answer = try await send(Request(.get, path), time)
        guard answer.isSuccess else {
            let failure = AzureFailure(answer)
            if failure.isSecretNotFound { return nil }
            throw failure.error(operation, needing: right)
        }
        let page = try answer.document(of: "azure")
        guard let items = page["value"]?.elements else { throw malformed(operation) }
        guard let link = page["nextLink"]?.string, !link.isEmpty else { return Page(items: items, next: nil) }
        guard let next = endpoint.path(of: link) else { throw malformed(operation) }
        return Page(items: items, next: next)
    }

    func malformed(_ operation: String) -> KeyStoreError {
        .unavailable("azure: Key Vault's answer to a request to \(operation) is not what it should be")
    }

    /// The time that a call keeps for saying what became of it: who called waits a second less than the whole.
    static let reserve = Duration.milliseconds(2500)
}
