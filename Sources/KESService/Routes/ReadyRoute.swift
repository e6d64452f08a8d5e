import KESProtocol

/// `GET /v1/ready`: whether the key store works.
enum ReadyRoute: WaitingRoute {
    static let route = Route(.ready, mayBeOpened: true, isCounted: false, failureLevel: .warning, .waiting(Self.self))

    static func answer(_ call: Call, _ body: CallBody, in service: KESService) async throws(KESFault) -> ServiceAnswer {
        switch await call.vault.status() {
        case .available: return .empty
        case .unreachable: throw .keyStoreUnreachable
        case .unavailable: throw .keyStoreUnavailable
        }
    }
}
