import KESProtocol

/// `GET /v1/policy/read/<name>`.
enum ReadPolicyRoute: ImmediateRoute {
    static let route = Route(.readPolicy, .immediate(Self.self))

    static func answer(_ call: Call, in service: KESService) throws(KESFault) -> ServiceAnswer {
        let policy = try call.policy()
        return ServiceAnswer(
            PolicyReadResponse(
                name: policy.name, rules: policy.rules, createdAt: service.startTime,
                createdBy: call.state.settings.admin))
    }
}
