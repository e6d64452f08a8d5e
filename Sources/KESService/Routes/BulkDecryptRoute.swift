import Cryptography
import KESProtocol

/// `POST /v1/key/bulk/decrypt/<name>`: several ciphertexts of one key; all of them open, or the call fails.
enum BulkDecryptRoute: WaitingRoute {
    static let route = Route(.bulkDecrypt, bodyLimit: Route.bodyLimit, isListed: false, .waiting(Self.self))

    private static let maxCiphertexts = 1000
    /// More are opened where they do not keep other connections waiting.
    private static let maxAtOnce = 128

    static func cachedAnswer(_ call: Call, _ body: CallBody, in service: KESService) throws(KESFault) -> ServiceAnswer?
    {
        let name = try call.keyName()
        let requests = try requests(call, body, in: service)
        // An empty list, too, is refused when there is no such key.
        guard 1...maxAtOnce ~= requests.count else { return nil }
        var response = BulkDecryptResponse()
        defer { response.wipe() }
        for request in requests {
            let plaintext = try call.vault.openCached(request.ciphertext, under: name, context: request.context)
            guard let plaintext else { return nil }
            response.plaintexts.append(DecryptResponse(plaintext: plaintext))
        }
        return ServiceAnswer(response)
    }

    static func answer(_ call: Call, _ body: CallBody, in service: KESService) async throws(KESFault) -> ServiceAnswer {
        let name = try call.keyName()
        let requests = try requests(call, body, in: service)
        _ = try await call.vault.key(name)
        var response = BulkDecryptResponse()
        defer { response.wipe() }
        for request in requests {
            let plaintext = try await call.vault.open(request.ciphertext, under: name, context: request.context)
            response.plaintexts.append(DecryptResponse(plaintext: plaintext))
        }
        return ServiceAnswer(response)
    }

    private static func requests(
        _ call: Call, _ body: CallBody, in service: KESService
    ) throws(KESFault) -> [DecryptRequest] {
        let requests = try document(BulkDecryptRequest.self, call, body, in: service).ciphertexts
        guard requests.count <= maxCiphertexts else { throw .tooManyCiphertexts }
        return requests
    }
}
