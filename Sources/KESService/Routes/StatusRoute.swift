import KESProtocol

/// `GET /v1/status`: always 200, whatever the key store's state.
enum StatusRoute: WaitingRoute {
    static let route = Route(.status, mayBeOpened: true, isCounted: false, .waiting(Self.self))

    static func answer(_ call: Call, _ body: CallBody, in service: KESService) async -> ServiceAnswer {
        let figures = ProcessFigures()
        var status = StatusResponse(
            version: KESVersion.release, os: ProcessFigures.operatingSystem, arch: ProcessFigures.architecture,
            uptime: Int(service.uptime / 1_000_000_000), cpuCount: figures.processors,
            usableCPUCount: figures.usableProcessors, heapByteCount: figures.heapBytes,
            stackByteCount: figures.stackBytes)
        switch await call.vault.status() {
        case .available(let latency): status.keyStoreLatency = max(1, Int(latency / .milliseconds(1)))
        case .unreachable:
            status.isKeyStoreUnreachable = true
            // KES's own client takes the one without the other for an error.
            status.isKeyStoreUnavailable = !call.state.settings.reportsStatusAsKES
        case .unavailable:
            status.isKeyStoreUnavailable = !call.state.settings.reportsStatusAsKES
            status.isKeyStoreUnreachable = call.state.settings.reportsStatusAsKES
        }
        return ServiceAnswer(status)
    }
}
