import KESProtocol

/// `GET /v1/policy/describe/<name>`.
enum DescribePolicyRoute: ImmediateRoute {
    static let route = Route(.describePolicy, .immediate(Self.self))

    static func answer(_ call: Call, in service: KESService) throws(KESFault) -> ServiceAnswer {
        let policy = try call.policy()
        return ServiceAnswer(
            PolicyDescribeResponse(
                name: policy.name, createdAt: service.startTime, createdBy: call.state.settings.admin))
    }
}

extension Call {
    /// The policy that the path ends with.
    func policy() throws(KESFault) -> AccessTable.Policy {
        guard let name = PolicyName(argument) else { throw .invalidPolicyName(argument) }
        guard let policy = state.access.policy(named: name.text) else { throw .policyNotFound }
        return policy
    }
}
