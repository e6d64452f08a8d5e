import KESProtocol

/// `GET /version`, for everybody.
enum VersionRoute: ImmediateRoute {
    static func answer(_ call: Call, in service: KESService) -> ServiceAnswer {
        ServiceAnswer(VersionResponse(version: KESVersion.release, commit: KESVersion.commit))
    }
}
