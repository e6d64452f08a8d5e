import Cryptography
import KESProtocol

/// `PUT /v1/key/decrypt/<name>`.
enum DecryptRoute: WaitingRoute {
    static let route = Route(.decrypt, bodyLimit: Route.bodyLimit, .waiting(Self.self))

    static func cachedAnswer(_ call: Call, _ body: CallBody, in service: KESService) throws(KESFault) -> ServiceAnswer?
    {
        let name = try call.keyName()
        let request = try document(DecryptRequest.self, call, body, in: service)
        return try call.vault.openCached(request.ciphertext, under: name, context: request.context).map(answer)
    }

    static func answer(_ call: Call, _ body: CallBody, in service: KESService) async throws(KESFault) -> ServiceAnswer {
        let name = try call.keyName()
        let request = try document(DecryptRequest.self, call, body, in: service)
        return answer(try await call.vault.open(request.ciphertext, under: name, context: request.context))
    }

    private static func answer(_ plaintext: consuming [UInt8]) -> ServiceAnswer {
        var response = DecryptResponse(plaintext: plaintext)
        defer { wipe(&response.plaintext) }
        return ServiceAnswer(response)
    }
}
