/// Looks for credentials in the places where AWS's own programs look, in their order.
///
/// 1. `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`
/// 2. `AWS_WEB_IDENTITY_TOKEN_FILE` with `AWS_ROLE_ARN` (Kubernetes): STS's AssumeRoleWithWebIdentity
/// 3. a profile of `~/.aws/credentials` and `~/.aws/config`
/// 4. the container's agent (ECS, EKS pod identity)
/// 5. the machine's metadata service (EC2), in its version 2 only
///
/// The first place that has something decides; if that fails, no other is asked. Files are read anew each time.
struct AWSCredentialChain: Sendable {
    typealias Fresh = TokenSource<AWSCredentials>.Fresh

    let environment: AWSEnvironment
    let securityTokens: AWSSecurityTokens
    let clock: AWSClock
    /// Asks agents next to the server, which answer at once or are not there.
    let agents: StoreClient

    init(
        environment: [String: String], region: String, client: StoreClient, clock: AWSClock
    ) throws(KeyStoreError) {
        self.environment = AWSEnvironment(environment)
        self.clock = clock
        securityTokens = try AWSSecurityTokens(self.environment, region: region, client: client, clock: clock)
        agents = try .ofNeighbour("aws")
    }

    func fetch() async throws(KeyStoreError) -> Fresh {
        let time = CallTime()
        if let found = environment.credentials { return Fresh(token: found, lifetime: nil) }
        if let role = environment["AWS_ROLE_ARN"], let file = environment["AWS_WEB_IDENTITY_TOKEN_FILE"] {
            return try await securityTokens.assume(
                role, session: environment["AWS_ROLE_SESSION_NAME"], webIdentity: file, time)
        }
        if let found = try await ofProfile(time) { return found }
        if let found = try await ofContainer(time) { return found }
        if let found = try await ofMachine(time) { return found }
        throw .notAuthorized(
            "aws: no credentials: none in the configuration, the environment, a web identity or a profile, and this "
                + "machine is no container or instance with a role")
    }
}

/// The process's variables; one that is empty is not there.
struct AWSEnvironment: Sendable {
    private let variables: [String: String]

    init(_ variables: [String: String]) { self.variables = variables.filter { !$0.value.isEmpty } }

    subscript(_ name: String) -> String? { variables[name] }

    var credentials: AWSCredentials? {
        guard let accessKey = self["AWS_ACCESS_KEY_ID"], let secretKey = self["AWS_SECRET_ACCESS_KEY"]
        else { return nil }
        return AWSCredentials(
            accessKey: accessKey, secretKey: SecretText(secretKey),
            sessionToken: self["AWS_SESSION_TOKEN"].map { SecretText($0) })
    }
}
