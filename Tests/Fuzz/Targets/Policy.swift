import AccessPolicy

extension FuzzTarget {
    /// A bucket's policy, an identity's, and a request about which they decide: a key and a value behind zero bytes.
    static let policy = FuzzTarget("policy") { (bytes) throws(BrokenPromise) in
        let parts = bytes.parts
        let (key, value) = (parts.count > 1 ? parts[1].text : "key", parts.count > 2 ? parts[2].text : "value")
        let demand = Demand(.getObject, on: .object(bucket: "b", key: key))
        let request = AccessRequest(.anonymous, demand, EveryAttribute(value: value))
        if let policy = try? BucketPolicy(parts[0]) {
            let decision = policy.decide(request)
            try require(policy.decide(request) == decision, "two answers")
            _ = try? policy.requireResources(of: "b")
            if !parts[0].text.contains("Allow") && !parts[0].text.contains("\\u") {
                try require(decision != .allowed, "allowed by a policy without Allow")
            }
        }
        if let policy = try? IdentityPolicy(parts[0]) {
            _ = policy.decide(request)
            _ = policy.mentions(bucket: "b")
        }
    }
}

/// Says the same of everything.
private struct EveryAttribute: RequestAttributes {
    let value: String

    func values(of key: ConditionKey, for action: Action) -> [String]? { [value, "127.0.0.1", "1"] }
}
