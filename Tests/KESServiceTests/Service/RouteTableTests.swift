import KESProtocol
import KESService
import Testing

/// What the table says of the routes; what they do is tested over the wire.
@Suite struct RouteTableTests {
    /// Method, path, longest body, seconds: the calls as KES lists them.
    static let table: [(String, String, Int, Int)] = [
        ("GET", "/v1/api", 0, 10), ("GET", "/v1/identity/describe/", 0, 15), ("GET", "/v1/identity/list/", 0, 15),
        ("GET", "/v1/identity/self/describe", 0, 15), ("PUT", "/v1/key/create/", 0, 15),
        ("PUT", "/v1/key/decrypt/", 1_000_000, 15), ("DELETE", "/v1/key/delete/", 0, 15),
        ("GET", "/v1/key/describe/", 0, 15), ("PUT", "/v1/key/encrypt/", 1_000_000, 15),
        ("PUT", "/v1/key/generate/", 1_000_000, 15), ("PUT", "/v1/key/hmac/", 1_000_000, 15),
        ("PUT", "/v1/key/import/", 1_000_000, 15), ("GET", "/v1/key/list/", 0, 15), ("GET", "/v1/log/audit", 0, 0),
        ("GET", "/v1/log/error", 0, 0), ("GET", "/v1/metrics", 0, 15), ("GET", "/v1/policy/describe/", 0, 15),
        ("GET", "/v1/policy/list/", 0, 15), ("GET", "/v1/policy/read/", 0, 15), ("GET", "/v1/ready", 0, 15),
        ("GET", "/v1/status", 0, 15), ("GET", "/version", 0, 10),
    ]

    @Test func `the list of calls is KES's`() {
        let descriptions = RouteTable.listed.map { $0.description(timeout: $0.timeout) }
        let expected = Self.table.map { APIDescription(method: $0.0, path: $0.1, maxBody: $0.2, timeout: $0.3) }
        #expect(descriptions == expected)
        let json = String(decoding: APIListResponse(Array(descriptions[..<2])).json, as: UTF8.self)
        #expect(
            json == #"[{"method":"GET","path":"/v1/api","max_body":0,"timeout":10},"#
                + #"{"method":"GET","path":"/v1/identity/describe/","max_body":0,"timeout":15}]"# + "\n")
    }

    private func names(_ condition: (Route) -> Bool) -> Set<KESRoute> {
        Set(RouteTable.all.filter(condition).map(\.name))
    }

    @Test func `rotation is an addition, bulk decryption an older release's`() {
        #expect(names { !$0.isListed } == [.rotateKey, .bulkDecrypt])
    }

    @Test func `what is special about routes is what KES has it for`() {
        #expect(names { !$0.requiresPolicy } == [.version, .selfDescribe])
        #expect(names { $0.mayBeOpened } == [.version, .ready, .status, .metrics, .api])
        #expect(names { $0.takesNoArgument } == [.listKeys, .listPolicies, .listIdentities])
        #expect(
            names { !$0.isCounted } == [.version, .ready, .status, .metrics, .api, .errorLog, .auditLog])
        #expect(names { $0.failureLevel == .warning } == [.ready])
        let changes = RouteTable.all.compactMap { route in route.change.map { "\(route.name.path) \($0)" } }
        #expect(
            changes == [
                "/v1/key/create/ created", "/v1/key/import/ created", "/v1/key/delete/ deleted",
                "/v1/key/rotate/ rotated",
            ])
    }

    @Test func `every route is found by its path, and by no other`() throws {
        for route in RouteTable.all {
            let argument = route.name.hasArgument ? "my-key" : ""
            guard case .call(let found, let path, let rest) = RequestPath(target: route.name.path + argument) else {
                Issue.record("\(route.name.path) is no call")
                continue
            }
            #expect(found === route)
            #expect(path == route.name.path + argument && rest == argument)
            if case .call = RequestPath(target: route.name.path + "x/y"), !route.name.hasArgument {
                Issue.record("\(route.name.path) takes what follows it")
            }
        }
        #expect(RouteTable.all.count == 24)
    }

    @Test(arguments: [
        ("/v1/key/bulk/decrypt/a%2Fb", KESRoute.bulkDecrypt, "a/b"), ("/v1/key/decrypt/a%2Fb", .decrypt, "a/b"),
        ("/v1/key/decrypt/a/b", .decrypt, "a/b"), ("/v1/key/bulk/decrypt/a/b", .bulkDecrypt, "a/b"),
        ("/v1/key/list", .listKeys, ""), ("/v1/k%65y/list/x", .listKeys, "x"),
    ])
    func `an argument is all that follows the path`(_ target: String, _ name: KESRoute, _ argument: String) {
        guard case .call(let route, _, let found) = RequestPath(target: target) else {
            Issue.record("\(target) is no call")
            return
        }
        #expect(route.name == name && found == argument)
    }

    @Test(arguments: ["/v1/key%2Fcreate/x", "/v1/key/bulk/x", "/v2/key/create/x", "/v1/key/", "/v1", "/", "/v1/ready/"])
    func `what is no route's path is unknown`(_ target: String) {
        guard case .unknown = RequestPath(target: target) else {
            Issue.record("\(target) means something")
            return
        }
    }
}
