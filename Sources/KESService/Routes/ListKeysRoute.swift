import KESProtocol

/// `GET /v1/key/list/<pattern>`.
enum ListKeysRoute: WaitingRoute {
    static let route = Route(.listKeys, takesNoArgument: true, .waiting(Self.self))

    static func answer(_ call: Call, _ body: CallBody, in service: KESService) async throws(KESFault) -> ServiceAnswer {
        let (names, continueAt) = try await call.vault.list(try call.listPattern())
        return ServiceAnswer(ListResponse(.keys, names: names, continueAt: continueAt))
    }
}
