import KESProtocol

/// `GET /v1/policy/list/<pattern>`.
enum ListPoliciesRoute: ImmediateRoute {
    static let route = Route(.listPolicies, takesNoArgument: true, .immediate(Self.self))

    static func answer(_ call: Call, in service: KESService) throws(KESFault) -> ServiceAnswer {
        let (names, continueAt) = try call.listPattern().page(of: call.state.access.policies.map(\.name))
        return ServiceAnswer(ListResponse(.policies, names: names, continueAt: continueAt))
    }
}
