import AccessPolicy
import JSON

/// What one may do.
enum SessionCalls {
    static let routes = [
        CallRoute("GET may", ["b", "k", "prefix", "action"], repeated: ["action"], may)
    ]

    private static func may(_ call: Call) async throws {
        let names = call.parameters("action")
        guard (1...64).contains(names.count) else { throw ConsoleError.invalid("There are 1 to 64 actions.") }
        var demands: [Demand] = []
        for name in names {
            guard let action = Action(known: name) else { throw ConsoleError.invalid("There is no action '\(name)'.") }
            demands.append(demand(action, call))
        }
        var answer = JSONObject()
        for (name, isAllowed) in zip(names, try call.agent.allow(demands, in: call.request)) {
            answer[name] = .bool(isAllowed)
        }
        try await call.answer(answer.value)
    }

    /// What a request of this kind would demand.
    private static func demand(_ action: Action, _ call: Call) -> Demand {
        guard let bucket = call.parameter("b"), !action.isOfServer else {
            if action.isOfServer, let bucket = call.parameter("b") { return Demand(action, on: .bucket(bucket)) }
            return Demand(action, on: action.name.hasPrefix("s3:Create") ? .bucket("*") : .service)
        }
        let prefix = call.parameter("prefix")
        if action.isOfObjects {
            if let key = call.parameter("k") { return Demand(action, on: .object(bucket: bucket, key: key)) }
            guard let prefix, !prefix.isEmpty else { return Demand(action, on: .someObject(bucket: bucket)) }
            // Any name will do that nobody has made a rule for.
            return Demand(action, on: .object(bucket: bucket, key: prefix + "_"))
        }
        guard let prefix, action == .listBucket || action == .listBucketVersions else {
            return Demand(action, on: .bucket(bucket))
        }
        return Demand(
            action, on: .bucket(bucket), conditions: [.prefix: [prefix], .delimiter: ["/"], .maxKeys: ["1000"]])
    }
}
