import KESProtocol

/// `GET /v1/api`: the calls with their limits.
enum APIRoute: ImmediateRoute {
    static func answer(_ call: Call, in service: KESService) -> ServiceAnswer {
        ServiceAnswer(APIListResponse(KESRoute.listed.map { $0.description(timeout: call.state.timeout($0)) }))
    }
}
