import KESProtocol

/// All routes of the server.
package enum RouteTable {
    package static let all: [Route] = [
        VersionRoute.route,
        ReadyRoute.route,
        StatusRoute.route,
        MetricsRoute.route,
        APIRoute.route,
        CreateKeyRoute.route,
        ImportKeyRoute.route,
        DescribeKeyRoute.route,
        ListKeysRoute.route,
        DeleteKeyRoute.route,
        RotateKeyRoute.route,
        GenerateKeyRoute.route,
        EncryptRoute.route,
        DecryptRoute.route,
        BulkDecryptRoute.route,
        HMACRoute.route,
        DescribePolicyRoute.route,
        ReadPolicyRoute.route,
        ListPoliciesRoute.route,
        DescribeIdentityRoute.route,
        ListIdentitiesRoute.route,
        SelfDescribeRoute.route,
        ErrorLogRoute.route,
        AuditLogRoute.route,
    ]

    /// What `/v1/api` lists, sorted by path.
    package static let listed = all.filter(\.isListed).sorted {
        $0.name.path.utf8.lexicographicallyPrecedes($1.name.path.utf8)
    }

    // MARK: Lookup

    private static let byPath = Dictionary(uniqueKeysWithValues: all.map { ($0.name.path, $0) })
    private static let bySlashlessPath = Dictionary(
        uniqueKeysWithValues: all.filter(\.name.hasArgument).map { (String($0.name.path.dropLast()), $0) })

    /// How many slashes the paths have that an argument follows: most as many as `/v1/key/create/`.
    static let slashCounts = Set(all.map(\.name).filter(\.hasArgument).map { slashCount($0.path) })
    static let usualSlashCount = 4
    static let maximumSlashCount = slashCounts.max() ?? usualSlashCount
    /// The paths with more slashes than most.
    static let deepPaths = all.map(\.name).filter { $0.hasArgument && slashCount($0.path) > usualSlashCount }.map(
        \.path)

    /// The route of a whole path.
    static func route(_ path: String) -> Route? { byPath[path] }

    /// The route of a path that lacks the slash before an argument.
    static func route(withoutSlash path: String) -> Route? { bySlashlessPath[path] }

    static func slashCount(_ path: String) -> Int { path.utf8.count { $0 == UInt8(ascii: "/") } }
}
