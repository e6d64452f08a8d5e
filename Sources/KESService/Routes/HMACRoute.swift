import KESProtocol

/// `PUT /v1/key/hmac/<name>`.
enum HMACRoute: WaitingRoute {
    static let route = Route(.hmac, bodyLimit: Route.bodyLimit, .waiting(Self.self))

    static func cachedAnswer(_ call: Call, _ body: CallBody, in service: KESService) throws(KESFault) -> ServiceAnswer?
    {
        let name = try call.keyName()
        var request = try document(HMACRequest.self, call, body, in: service)
        defer { request.wipe() }
        return try call.vault.cached(name).map { (key) throws(KESFault) in try answer(key, request.message) }
    }

    static func answer(_ call: Call, _ body: CallBody, in service: KESService) async throws(KESFault) -> ServiceAnswer {
        let name = try call.keyName()
        var request = try document(HMACRequest.self, call, body, in: service)
        defer { request.wipe() }
        return try answer(try await call.vault.key(name), request.message)
    }

    private static func answer(_ key: MasterKey, _ message: [UInt8]) throws(KESFault) -> ServiceAnswer {
        guard let code = key.hmac(message) else { throw .hmacNotSupported }
        return ServiceAnswer(HMACResponse(hmac: code))
    }
}
