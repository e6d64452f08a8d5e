import KESProtocol

/// `PUT /v1/key/create/<name>`.
enum CreateKeyRoute: WaitingRoute {
    static let route = Route(.createKey, change: "created", .waiting(Self.self))

    static func answer(_ call: Call, _ body: CallBody, in service: KESService) async throws(KESFault) -> ServiceAnswer {
        try await call.vault.create(try call.keyName(), by: call.identity?.text ?? "")
        return .empty
    }
}
