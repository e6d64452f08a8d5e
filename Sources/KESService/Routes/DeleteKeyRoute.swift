import KESProtocol

/// `DELETE /v1/key/delete/<name>`.
enum DeleteKeyRoute: WaitingRoute {
    static let route = Route(.deleteKey, change: "deleted", .waiting(Self.self))

    static func answer(_ call: Call, _ body: CallBody, in service: KESService) async throws(KESFault) -> ServiceAnswer {
        try await call.vault.delete(try call.keyName())
        return .empty
    }
}
