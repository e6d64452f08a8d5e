import Cryptography
import KESProtocol

/// `PUT /v1/key/generate/<name>`: a data key, plain and sealed.
enum GenerateKeyRoute: WaitingRoute {
    static func cachedAnswer(_ call: Call, _ body: CallBody, in service: KESService) throws(KESFault) -> ServiceAnswer?
    {
        let (name, context) = try request(call, body, in: service)
        return call.vault.cached(name).map { answer($0, context) }
    }

    static func answer(_ call: Call, _ body: CallBody, in service: KESService) async throws(KESFault) -> ServiceAnswer {
        let (name, context) = try request(call, body, in: service)
        return answer(try await call.vault.key(name), context)
    }

    /// No body at all means an empty context; an empty one in chunks is an error, as in KES.
    private static func request(
        _ call: Call, _ body: CallBody, in service: KESService
    ) throws(KESFault) -> (KeyName, context: [UInt8]) {
        let name = try call.keyName()
        return (name, body.isAbsent ? [] : try document(GenerateRequest.self, call, body, in: service).context)
    }

    private static func answer(_ key: MasterKey, _ context: [UInt8]) -> ServiceAnswer {
        let (plaintext, ciphertext) = key.generateDataKey(context: context)
        var response = GenerateResponse(plaintext: plaintext, ciphertext: ciphertext)
        defer { wipe(&response.plaintext) }
        return ServiceAnswer(response)
    }
}
