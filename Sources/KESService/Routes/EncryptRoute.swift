import KESProtocol

/// `PUT /v1/key/encrypt/<name>`.
enum EncryptRoute: WaitingRoute {
    static let route = Route(.encrypt, bodyLimit: Route.bodyLimit, .waiting(Self.self))

    static func cachedAnswer(_ call: Call, _ body: CallBody, in service: KESService) throws(KESFault) -> ServiceAnswer?
    {
        let name = try call.keyName()
        guard let key = call.vault.cached(name) else { return nil }
        return try answer(key, call, body, in: service)
    }

    static func answer(_ call: Call, _ body: CallBody, in service: KESService) async throws(KESFault) -> ServiceAnswer {
        let name = try call.keyName()
        // A body that is none is refused whether or not there is such a key. The plaintext does not wait for the store.
        var request = try document(EncryptRequest.self, call, body, in: service)
        request.wipe()
        return try answer(try await call.vault.key(name), call, body, in: service)
    }

    private static func answer(
        _ key: MasterKey, _ call: Call, _ body: CallBody, in service: KESService
    ) throws(KESFault) -> ServiceAnswer {
        var request = try document(EncryptRequest.self, call, body, in: service)
        defer { request.wipe() }
        return ServiceAnswer(EncryptResponse(ciphertext: key.seal(request.plaintext, context: request.context)))
    }
}
