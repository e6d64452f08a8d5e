import KESProtocol

/// `GET /version`, for everybody.
enum VersionRoute: ImmediateRoute {
    static let route = Route(
        .version, timeout: .seconds(10), requiresPolicy: false, mayBeOpened: true, isCounted: false,
        .immediate(Self.self))

    static func answer(_ call: Call, in service: KESService) -> ServiceAnswer {
        ServiceAnswer(VersionResponse(version: KESVersion.release, commit: KESVersion.commit))
    }
}
