/// A call: its method and name, what it takes in the query, and what it does.
struct CallRoute: Sendable {
    /// Method and name, such as `GET buckets`.
    let name: String
    /// What tells calls of one kind apart: the name of a setting.
    let detail: String
    let parameters: Set<String>
    /// Parameters that may stand there more than once.
    let `repeated`: Set<String>
    let perform: @Sendable (Call) async throws -> Void

    init(_ name: String, _ perform: @escaping @Sendable (Call) async throws -> Void) {
        self.init(name, [], perform)
    }

    init(
        _ name: String, _ parameters: Set<String>, repeated: Set<String> = [], detail: String = "",
        _ perform: @escaping @Sendable (Call) async throws -> Void
    ) {
        self.name = name
        self.detail = detail
        self.parameters = parameters
        self.repeated = repeated
        self.perform = perform
    }
}

/// Every call there is; what is not here is refused, and absent from the page.
enum CallTable {
    static let routes: [CallRoute] =
        SessionCalls.routes + BucketCalls.routes + KeyCalls.routes + ObjectCalls.routes + UploadCalls.routes
        + ChangeCalls.routes + TaskCalls.routes + ZIPCalls.routes + ServerCalls.routes + StreamCalls.routes
        + IdentityCalls.routes + ShareCalls.routes + DoctorCall.routes

    /// The calls, as the page is told them.
    static let names = routes.map(\.name).sorted()

    private static let byName = Dictionary(uniqueKeysWithValues: routes.map { ($0.name, $0) })

    private static let methods: [String: [String]] = {
        var methods: [String: [String]] = [:]
        for route in routes {
            let parts = route.name.split(separator: " ", maxSplits: 1)
            if parts.count == 2 { methods[String(parts[1]), default: []].append(String(parts[0])) }
        }
        return methods
    }()

    /// - Throws: `NoSuchCall`, `MethodNotAllowed`.
    static func route(_ method: String, _ name: String) throws(ConsoleError) -> CallRoute {
        if let route = byName["\(method) \(name)"] { return route }
        guard let methods = methods[name] else { throw .noSuchCall }
        throw .methodNotAllowed(methods)
    }
}
