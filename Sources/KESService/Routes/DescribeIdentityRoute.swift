import KESProtocol

/// `GET /v1/identity/describe/<identity>`.
enum DescribeIdentityRoute: ImmediateRoute {
    static let route = Route(.describeIdentity, .immediate(Self.self))

    static func answer(_ call: Call, in service: KESService) throws(KESFault) -> ServiceAnswer {
        guard let identity = Identity(call.argument) else { throw .invalidIdentity(call.argument) }
        let access = call.state.access
        if access.isAdmin(identity) {
            return ServiceAnswer(
                IdentityDescribeResponse(isAdmin: true, policy: "", createdAt: service.startTime, createdBy: ""))
        }
        guard let policy = access.policy(of: identity) else { throw .identityNotFound }
        return ServiceAnswer(
            IdentityDescribeResponse(
                isAdmin: false, policy: policy.name, createdAt: service.startTime, createdBy: access.admin))
    }
}
