import KESProtocol

/// `PUT /v1/key/rotate/<name>`, which KES does not have: a further version, which seals from now on.
enum RotateKeyRoute: WaitingRoute {
    static let route = Route(.rotateKey, change: "rotated", isListed: false, .waiting(Self.self))

    static func answer(_ call: Call, _ body: CallBody, in service: KESService) async throws(KESFault) -> ServiceAnswer {
        let name = try call.keyName()
        let key = try await call.vault.rotate(name, by: call.identity?.text ?? "")
        return ServiceAnswer(KeyRotateResponse(name: name.text, version: Int(key.newestVersion)))
    }
}
