package import KESProtocol

extension KESClient {
    package func describePolicy(_ name: PolicyName) async throws(KESClientError) -> PolicyDescribeResponse {
        try await document(Call(route: .describePolicy, argument: name.text))
    }

    package func readPolicy(_ name: PolicyName) async throws(KESClientError) -> PolicyReadResponse {
        try await document(Call(route: .readPolicy, argument: name.text))
    }

    /// The names of all policies that begin with `prefix`, sorted.
    package func listPolicies(prefix: String = "") async throws(KESClientError) -> [String] {
        try await list(.listPolicies, .policies, prefix: prefix)
    }

    package func describeIdentity(_ identity: Identity) async throws(KESClientError) -> IdentityDescribeResponse {
        try await document(Call(route: .describeIdentity, argument: identity.text))
    }

    /// All identities that begin with `prefix`, sorted.
    package func listIdentities(prefix: String = "") async throws(KESClientError) -> [String] {
        try await list(.listIdentities, .identities, prefix: prefix)
    }

    /// What the server knows of this client.
    package func describeSelf() async throws(KESClientError) -> SelfDescribeResponse {
        try await document(Call(route: .selfDescribe))
    }
}
