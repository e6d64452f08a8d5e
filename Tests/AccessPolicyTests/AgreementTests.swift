import AccessPolicy
import Testing

@Suite struct AgreementTests {
    /// A hundred thousand random pairs of a policy and a request; the seed of a failure replays it.
    @Test(arguments: 0..<10)
    func `the evaluator agrees with a naive one`(seed: Int) throws {
        var random = Generator(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1)
        var seen: [BucketPolicy.Decision: Int] = [:]
        for _ in 0..<1_000 {
            let naive = random.policy()
            let policy = try BucketPolicy(json: naive.json)
            for _ in 0..<10 {
                let request = random.request()
                let slash = request.resource.firstIndex(of: "/")
                let resource = slash.map {
                    Resource.object(bucket: "b", key: String(request.resource[request.resource.index(after: $0)...]))
                }
                let decision = policy.decide(
                    AccessRequest(
                        request.isAnonymous ? .anonymous : .root(accessKey: "a"),
                        Demand(request.action, on: resource ?? .bucket("b")), FixedAttributes(values: request.values)))
                seen[decision, default: 0] += 1
                #expect(decision == naive.decide(request), "seed \(seed): \(request) of \(naive.json)")
            }
        }
        // Pairs that all end alike would prove nothing.
        #expect(seen.values.min() ?? 0 > 300 && seen.count == 3, "\(seen)")
    }

    /// A hundred thousand random pairs of an identity and a request, with and without policies of access keys and buckets.
    @Test(arguments: 0..<10)
    func `the rights of identities agree with a naive reading`(seed: Int) throws {
        var random = Generator(state: UInt64(seed) &* 0xD1B5_4A32_D192_ED03 &+ 1)
        var seen: [Authoriser.Decision: Int] = [:]
        for _ in 0..<1_000 {
            var naive = NaiveRights(policies: (0..<random.one([0, 1, 1, 2, 3])).map { _ in random.identityPolicy() })
            if random.chance(40) { naive.restriction = random.identityPolicy() }
            if random.chance(40) { naive.bucket = random.policy(of: ["*", "arn:aws:iam:::user/ann", "111122223333"]) }
            func compiled(_ policy: NaivePolicy) throws -> IdentityPolicy {
                try IdentityPolicy(Array(policy.json(withPrincipals: false).utf8))
            }
            let identity = Identity(
                accessKey: "ann", kind: naive.restriction == nil ? .user : .serviceAccount, owner: "ann",
                rights: .policies(try naive.policies.map(compiled)), restriction: try naive.restriction.map(compiled))
            let bucket = try naive.bucket.map { try BucketPolicy(json: $0.json) }
            for _ in 0..<10 {
                let request = random.request(isAnonymous: false)
                let slash = request.resource.firstIndex(of: "/")
                let resource = slash.map {
                    Resource.object(bucket: "b", key: String(request.resource[request.resource.index(after: $0)...]))
                }
                let asked = AccessRequest(
                    .account(identity), Demand(request.action, on: resource ?? .bucket("b")),
                    FixedAttributes(values: request.values))
                let decision =
                    bucket.map { Authoriser().decide(asked, by: $0, restrictsPublic: false) }
                    ?? Authoriser().decide(asked)
                seen[decision, default: 0] += 1
                #expect(decision == naive.decide(request), "seed \(seed): \(request) of \(naive)")
                // An access key never may what its owner may not.
                if decision == .allowed, naive.restriction != nil {
                    var owner = naive
                    owner.restriction = nil
                    #expect(owner.decide(request) == .allowed)
                }
            }
        }
        #expect(seen.values.min() ?? 0 > 100 && seen.count == 4, "\(seen)")
    }
}

/// Xorshift: the same sequence from the same seed, on every machine.
private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    mutating func one<Value>(_ values: [Value]) -> Value { values[Int(next() >> 33) % values.count] }
    mutating func chance(_ percent: Int) -> Bool { Int(next() >> 33) % 100 < percent }
    mutating func some<Value>(_ values: [Value], _ most: Int) -> [Value] {
        (0..<1 + Int(next() >> 33) % most).map { _ in one(values) }
    }

    /// Of few letters, so that much matches.
    mutating func text(_ letters: [String], _ most: Int) -> String {
        (0..<Int(next() >> 33) % (most + 1)).map { _ in one(letters) }.joined()
    }

    mutating func policy() -> NaivePolicy {
        NaivePolicy(statements: (0..<1 + Int(next() >> 33) % 3).map { _ in statement() })
    }

    /// Of a bucket, about these principals.
    mutating func policy(of principals: [String]) -> NaivePolicy {
        var policy = policy()
        for index in policy.statements.indices {
            policy.statements[index].principals = [one(principals)]
            policy.statements[index].isNotPrincipal = false
        }
        return policy
    }

    /// Of whoever has it.
    mutating func identityPolicy() -> NaivePolicy { policy(of: ["*"]) }

    private mutating func statement() -> NaivePolicy.Statement {
        var statement = NaivePolicy.Statement()
        statement.effect = chance(60) ? "Allow" : "Deny"
        statement.isNotPrincipal = statement.effect == "Deny" && chance(20)
        statement.principals = some(
            statement.isNotPrincipal ? ["000000000000", "111122223333"] : ["*", "*", "000000000000", "111122223333"], 2)
        statement.actions = some(
            ["s3:GetObject", "s3:getobject", "s3:Get*", "s3:*Object", "s3:P?tObject", "s3:*", "*", "s3:DeleteObject"], 2
        )
        statement.isNotAction = chance(20)
        statement.resources = some([0, 1, 2], 2).map { $0 == 0 ? "b" : "b/" + text(["a", "b", "*", "?", "é"], 4) }
        statement.isNotResource = chance(20)
        var used: Set<String> = []
        for _ in 0..<Int(next() >> 33) % 3 {
            let condition = condition()
            if used.insert("\(condition.0) \(condition.1)").inserted { statement.conditions.append(condition) }
        }
        return statement
    }

    private mutating func condition() -> (String, String, [String]) {
        let quantifier = one(["", "", "", "ForAnyValue:", "ForAllValues:"])
        let suffix = one(["", "", "IfExists"])
        switch Int(next() >> 33) % 4 {
        case 0:
            let name = one(
                [
                    "StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase",
                    "StringNotEqualsIgnoreCase",
                ])
            let letters = name.contains("Like") ? ["a", "B", "*", "?"] : ["a", "b", "B"]
            let values = some([0, 0, 0], 3).map { _ in text(letters, 3) }
            return (quantifier + name + suffix, one(["aws:UserAgent", "s3:RequestObjectTagKeys"]), values)
        case 1:
            let name = one(
                [
                    "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
                    "NumericGreaterThan", "NumericGreaterThanEquals",
                ])
            return (quantifier + name + suffix, "s3:max-keys", some(["1", "2", "3"], 2))
        case 2: return (quantifier + "Bool" + suffix, "aws:SecureTransport", some(["true", "false", "True"], 1))
        default: return ("Null", one(["aws:UserAgent", "s3:max-keys"]), some(["true", "false"], 1))
        }
    }

    mutating func request(isAnonymous: Bool? = nil) -> NaivePolicy.Request {
        var values: [String: [String]] = [:]
        if chance(70) { values["aws:useragent"] = [text(["a", "b", "B"], 3)] }
        if chance(70) { values["s3:requestobjecttagkeys"] = some([0, 0, 0], 3).map { _ in text(["a", "b", "B"], 2) } }
        if chance(70) { values["s3:max-keys"] = [one(["1", "2", "3", "x"])] }
        if chance(70) { values["aws:securetransport"] = [one(["true", "false"])] }
        let key = text(["a", "b", "é"], 4)
        return NaivePolicy.Request(
            isAnonymous: isAnonymous ?? chance(60), action: one([.getObject, .putObject, .deleteObject, .listBucket]),
            resource: chance(20) ? "b" : "b/\(key)", values: values)
    }
}
