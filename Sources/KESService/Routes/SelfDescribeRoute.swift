import KESProtocol

/// `GET /v1/identity/self/describe`, for everybody: who the client is, and what its policy says.
enum SelfDescribeRoute: ImmediateRoute {
    static let route = Route(.selfDescribe, requiresPolicy: false, .immediate(Self.self))

    static func answer(_ call: Call, in service: KESService) throws(KESFault) -> ServiceAnswer {
        let access = call.state.access
        guard let identity = call.identity else { throw .identityNotFound }
        var description = SelfDescribeResponse(
            identity: identity.text, isAdmin: access.isAdmin(identity), createdAt: service.startTime, createdBy: "",
            policy: "", rules: PolicyRules(allow: [], deny: []))
        if !description.isAdmin {
            guard let policy = access.policy(of: identity) else { throw .identityNotFound }
            description.createdBy = access.admin
            description.policy = policy.name
            description.rules = policy.rules
        }
        return ServiceAnswer(description)
    }
}
