import KESProtocol
import NIOCore

/// `PUT /v1/key/generate/<name>`: a data key, plain and sealed; for a list of contexts, a list of them.
enum GenerateKeyRoute: WaitingRoute {
    static let route = Route(.generateKey, bodyLimit: Route.bodyLimit, .waiting(Self.self))

    static func cachedAnswer(_ call: Call, _ body: CallBody, in service: KESService) throws(KESFault) -> ServiceAnswer?
    {
        let name = try call.keyName()
        let contexts = try contexts(call, body, in: service)
        return call.vault.cached(name).map { answer($0, contexts) }
    }

    static func answer(_ call: Call, _ body: CallBody, in service: KESService) async throws(KESFault) -> ServiceAnswer {
        let name = try call.keyName()
        let contexts = try contexts(call, body, in: service)
        return answer(try await call.vault.key(name), contexts)
    }

    private enum Contexts {
        case one([UInt8])
        case list([GenerateRequest])
    }

    /// No body at all means an empty context; an empty one in chunks is an error, as in KES.
    private static func contexts(
        _ call: Call, _ body: CallBody, in service: KESService
    ) throws(KESFault) -> Contexts {
        if body.isAbsent { return .one([]) }
        guard body.bytes.withUnsafeReadableBytes(BulkGenerateRequest.matches) else {
            return .one(try document(GenerateRequest.self, call, body, in: service).context)
        }
        let requests = try document(BulkGenerateRequest.self, call, body, in: service).requests
        guard !requests.isEmpty else { throw invalidBody }
        guard requests.count <= BulkGenerateRequest.maxCount else { throw .tooManyDataKeys }
        return .list(requests)
    }

    private static func answer(_ key: MasterKey, _ contexts: Contexts) -> ServiceAnswer {
        switch contexts {
        case .one(let context):
            var response = response(key, context)
            defer { response.wipe() }
            return ServiceAnswer(response)
        case .list(let requests):
            var response = BulkGenerateResponse(keys: requests.map { self.response(key, $0.context) })
            defer { response.wipe() }
            return ServiceAnswer(response)
        }
    }

    private static func response(_ key: MasterKey, _ context: [UInt8]) -> GenerateResponse {
        let (plaintext, ciphertext) = key.generateDataKey(context: context)
        return GenerateResponse(plaintext: plaintext, ciphertext: ciphertext)
    }
}
