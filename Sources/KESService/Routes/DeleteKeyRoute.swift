import KESProtocol

/// `DELETE /v1/key/delete/<name>`.
enum DeleteKeyRoute: WaitingRoute {
    static func answer(_ call: Call, _ body: CallBody, in service: KESService) async throws(KESFault) -> ServiceAnswer {
        try await call.vault.delete(try call.keyName())
        return .empty
    }
}
