import KESProtocol

/// `GET /v1/api`: the calls with their limits.
enum APIRoute: ImmediateRoute {
    static let route = Route(.api, timeout: .seconds(10), mayBeOpened: true, isCounted: false, .immediate(Self.self))

    static func answer(_ call: Call, in service: KESService) -> ServiceAnswer {
        ServiceAnswer(APIListResponse(RouteTable.listed.map { $0.description(timeout: call.state.timeout($0)) }))
    }
}
