import Cryptography
import KESProtocol

/// `PUT /v1/key/hmac/<name>`.
enum HMACRoute: WaitingRoute {
    static let route = Route(.hmac, bodyLimit: Route.bodyLimit, .waiting(Self.self))

    static func cachedAnswer(_ call: Call, _ body: CallBody, in service: KESService) throws(KESFault) -> ServiceAnswer?
    {
        let (name, message) = try request(call, body, in: service)
        guard let key = call.vault.cached(name) else { return nil }
        return try answer(key, message)
    }

    static func answer(_ call: Call, _ body: CallBody, in service: KESService) async throws(KESFault) -> ServiceAnswer {
        let (name, message) = try request(call, body, in: service)
        return try answer(try await call.vault.key(name), message)
    }

    private static func request(
        _ call: Call, _ body: CallBody, in service: KESService
    ) throws(KESFault) -> (KeyName, message: [UInt8]) {
        (try call.keyName(), try document(HMACRequest.self, call, body, in: service).message)
    }

    private static func answer(_ key: MasterKey, _ message: [UInt8]) throws(KESFault) -> ServiceAnswer {
        guard let code = key.hmac(message) else { throw .hmacNotSupported }
        return ServiceAnswer(HMACResponse(hmac: code))
    }
}
