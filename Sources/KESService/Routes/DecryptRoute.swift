import Cryptography
import KESProtocol

/// `PUT /v1/key/decrypt/<name>`.
enum DecryptRoute: WaitingRoute {
    static let route = Route(.decrypt, bodyLimit: Route.bodyLimit, .waiting(Self.self))

    static func cachedAnswer(_ call: Call, _ body: CallBody, in service: KESService) throws(KESFault) -> ServiceAnswer?
    {
        let name = try call.keyName()
        let request = try document(DecryptRequest.self, call, body, in: service)
        guard var plaintext = try call.vault.openCached(request.ciphertext, under: name, context: request.context)
        else {
            return nil
        }
        defer { wipe(&plaintext) }
        return ServiceAnswer(DecryptResponse(plaintext: plaintext))
    }

    static func answer(_ call: Call, _ body: CallBody, in service: KESService) async throws(KESFault) -> ServiceAnswer {
        let name = try call.keyName()
        let request = try document(DecryptRequest.self, call, body, in: service)
        var plaintext = try await call.vault.open(request.ciphertext, under: name, context: request.context)
        defer { wipe(&plaintext) }
        return ServiceAnswer(DecryptResponse(plaintext: plaintext))
    }
}
