import AccessPolicy
import Accounts
import HTTPServerTesting
import S3Protocol
import Testing

/// No call lets anybody come by a right that it does not have, but with the right to give rights.
@Suite struct EscalationTests {
    /// `eve` has the actions, and is in the disabled group `chiefs`; `chief` may do everything, and has a key.
    private static func world(_ actions: [String]) async throws -> AdminFixture {
        let fixture = try await AdminFixture()
        let accounts = fixture.accounts
        for name in ["eve", "chief"] {
            try await accounts.putUser(name, secret: SecretString("secret-of-\(name)"), isEnabled: true, at: 1)
        }
        try await fixture.setPolicy("own", actions)
        _ = try await accounts.changePolicies(.attach([AccountName("own")]), of: .user(AccountName("eve")), at: 1)
        _ = try await accounts.changePolicies(
            .attach([AccountName("consoleAdmin")]), of: .user(AccountName("chief")), at: 1)
        try await accounts.addMembers([AccountName("eve")], to: AccountName("chiefs"), isEnabled: false, at: 1)
        try await accounts.addMembers([AccountName("chief")], to: AccountName("heads"), isEnabled: true, at: 1)
        for group in ["chiefs", "heads"] {
            _ = try await accounts.changePolicies(
                .attach([AccountName("consoleAdmin")]), of: .group(AccountName(group)), at: 1)
        }
        for (key, owner) in [("CHIEFSKEY", AccountOwner.user(AccountName("chief"))), ("ROOTSKEY", .root)] {
            _ = try await accounts.addServiceAccount(
                NewServiceAccount(accessKey: key, secret: SecretString("secret-of-\(key)")), for: owner, at: 1)
        }
        return fixture
    }

    struct Attempt: Sendable, CustomTestStringConvertible {
        let what: String
        /// What `eve` is allowed besides.
        let actions: [String]
        let method: String
        let target: String
        var json: String?
        var isEncrypted = true

        var testDescription: String { what }
    }

    static let attempts = [
        Attempt(
            what: "another's secret", actions: ["admin:CreateUser"], method: "PUT", target: "add-user?accessKey=chief",
            json: #"{"secretKey":"eves-secret","status":"enabled"}"#),
        Attempt(
            what: "root's secret", actions: ["admin:CreateUser"], method: "PUT", target: "add-user?accessKey=tester",
            json: #"{"secretKey":"eves-secret","status":"enabled"}"#),
        Attempt(
            what: "another's access key", actions: ["admin:CreateServiceAccount"], method: "PUT",
            target: "add-service-account",
            json: #"{"targetUser":"chief","accessKey":"EVESKEY","secretKey":"eves-secret"}"#),
        Attempt(
            what: "root's access key", actions: ["admin:CreateServiceAccount"], method: "PUT",
            target: "add-service-account",
            json: #"{"targetUser":"tester","accessKey":"EVESKEY","secretKey":"eves-secret"}"#),
        Attempt(
            what: "the secret of another's access key", actions: ["admin:UpdateServiceAccount"], method: "POST",
            target: "update-service-account?accessKey=CHIEFSKEY", json: #"{"newSecretKey":"eves-secret"}"#),
        Attempt(
            what: "the secret of root's access key", actions: ["admin:UpdateServiceAccount"], method: "POST",
            target: "update-service-account?accessKey=ROOTSKEY", json: #"{"newSecretKey":"eves-secret"}"#),
        Attempt(
            what: "its own policy", actions: ["admin:CreatePolicy"], method: "PUT",
            target: "add-canned-policy?name=own", json: BuiltInPolicies.consoleAdmin, isEncrypted: false),
        Attempt(
            what: "another policy for itself", actions: [], method: "POST", target: "idp/builtin/policy/attach",
            json: #"{"policies":["consoleAdmin"],"user":"eve"}"#),
        Attempt(
            what: "other policies for itself", actions: [], method: "PUT",
            target: "set-user-or-group-policy?policyName=consoleAdmin&userOrGroup=eve&isGroup=false"),
        Attempt(
            what: "a place in a group", actions: ["admin:AddUserToGroup"], method: "PUT",
            target: "update-group-members", json: #"{"group":"heads","members":["eve"],"isRemove":false}"#,
            isEncrypted: false),
        Attempt(
            what: "the status of its group, by its members", actions: ["admin:AddUserToGroup"], method: "PUT",
            target: "update-group-members",
            json: #"{"group":"chiefs","members":[],"isRemove":false,"groupStatus":"enabled"}"#, isEncrypted: false),
        Attempt(
            what: "the status of its group", actions: ["admin:EnableGroup"], method: "PUT",
            target: "set-group-status?group=chiefs&status=enabled"),
        Attempt(what: "everybody's secrets", actions: ["admin:ExportIAM"], method: "GET", target: "export-iam"),
        Attempt(
            what: "everybody's records", actions: ["admin:ImportIAM"], method: "PUT", target: "import-iam-v2",
            json: "", isEncrypted: false),
    ]

    @Test(arguments: attempts)
    func `nobody comes by another's rights`(attempt: Attempt) async throws {
        for actions in [[], attempt.actions] {
            let fixture = try await Self.world(actions)
            let before = fixture.rights()
            let answer = try await fixture.attempt(attempt, by: "eve")
            #expect([403, 404].contains(answer.status), "\(actions): \(answer.status) \(answer.text)")
            #expect(fixture.rights() == before)
        }
    }

    /// With the right to give rights it may, but for root's.
    @Test(arguments: attempts)
    func `root's rights are nobody else's`(attempt: Attempt) async throws {
        let fixture = try await Self.world(["admin:*"])
        let answer = try await fixture.attempt(attempt, by: "eve")
        #expect((answer.status == 403) == attempt.what.contains("root"), "\(answer.status) \(answer.text)")
        if attempt.target == "export-iam" { #expect(!answer.body.contains("ROOTSKEY")) }
        #expect(fixture.rights(of: "EVESKEY").isSubset(of: fixture.rights(of: "chief")))
    }

    @Test func `a key with a policy of its own makes none without it, and does not change itself`() async throws {
        let fixture = try await Self.world(["s3:*"])
        var new = NewServiceAccount(accessKey: "NARROW", secret: SecretString("secret-of-NARROW"))
        new.policy = try IdentityPolicy(
            Array(
                #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["admin:CreateServiceAccount","admin:UpdateServiceAccount"]}]}"#
                    .utf8))
        for owner in [AccountOwner.user(AccountName("chief")), .root] {
            _ = try await fixture.accounts.importServiceAccount(
                new, isEnabled: true, for: owner, mayReplaceRoots: true, at: 1)
            let made = try await fixture.encryptedCall(
                "PUT", "add-service-account", #"{"accessKey":"EVESKEY","secretKey":"eves-secret"}"#, by: "NARROW")
            #expect(made.status == 403, "\(made.text)")
            let changed = try await fixture.encryptedCall(
                "POST", "update-service-account?accessKey=NARROW", #"{"newPolicy":{}}"#, by: "NARROW")
            #expect(changed.status == 403, "\(changed.text)")
        }
    }

    /// Random callers make random calls; none of them may give rights.
    ///
    /// What everybody may do never grows, and a new account
    /// may do no more than its maker.
    @Test(arguments: 1...4)
    func `random calls never widen rights`(seed: Int) async throws {
        var random = Generator(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15)
        let fixture = try await AdminFixture()
        try await fixture.populate(&random)
        var callers = ["user0", "user1", "user2", "user3"]
        var allowed = 0
        for step in 0..<40 {
            let before = Dictionary(uniqueKeysWithValues: callers.map { ($0, fixture.rights(of: $0)) })
            let caller = random.one(callers)
            let new = "new\(step)"
            let (method, target, json, isEncrypted) = random.call(new: new, known: callers)
            let attempt = Attempt(
                what: "", actions: [], method: method, target: target, json: json, isEncrypted: isEncrypted)
            let answer = try await fixture.attempt(attempt, by: caller)
            if (200...204).contains(answer.status) { allowed += 1 }
            for (name, rights) in before {
                let after = fixture.rights(of: name)
                #expect(after.isSubset(of: rights), "seed \(seed), \(caller): \(method) \(target) \(json ?? "")")
            }
            let made = fixture.rights(of: new)
            #expect(made.isSubset(of: before[caller] ?? []), "seed \(seed), \(caller): \(method) \(target)")
            if fixture.exists(new) { callers.append(new) }
        }
        // Calls that are all refused would prove nothing.
        #expect(allowed > 3, "seed \(seed)")
    }
}

extension AdminFixture {
    fileprivate func setPolicy(_ name: String, _ actions: [String]) async throws {
        let statements = actions.isEmpty ? ["s3:GetObject"] : actions
        let texts = statements.map { action in
            #"{"Effect":"Allow","Action":"\#(action)"\#(action.hasPrefix("s3") ? #","Resource":"*""# : "")}"#
        }
        let document = #"{"Version":"2012-10-17","Statement":[\#(texts.joined(separator: ","))]}"#
        try await accounts.putPolicy(AccountName(name), try IdentityPolicy(Array(document.utf8)), at: 1)
    }

    fileprivate func encryptedCall(
        _ method: String, _ target: String, _ json: String, by accessKey: String
    ) async throws -> MemoryResponse {
        let secret = "secret-of-\(accessKey)"
        return try await call(
            method, "/minio/admin/v3/\(target)", body: try Self.encrypted(json, secret: secret), accessKey: accessKey,
            secret: secret)
    }

    fileprivate func attempt(
        _ attempt: EscalationTests.Attempt, by accessKey: String
    ) async throws -> MemoryResponse {
        if let json = attempt.json, attempt.isEncrypted {
            return try await encryptedCall(attempt.method, attempt.target, json, by: accessKey)
        }
        return try await call(
            attempt.method, "/minio/admin/v3/\(attempt.target)", body: Array((attempt.json ?? "").utf8),
            accessKey: accessKey, secret: "secret-of-\(accessKey)")
    }

    fileprivate func exists(_ accessKey: String) -> Bool {
        (try? accounts.signingAccount(accessKey, token: nil, at: 2)) != nil
    }

    /// What everybody may do.
    fileprivate func rights() -> [String: Set<Action>] {
        Dictionary(
            uniqueKeysWithValues: ["eve", "chief", "EVESKEY", "CHIEFSKEY", "ROOTSKEY"].map { ($0, rights(of: $0)) })
    }

    /// What an access key may do; nothing of one that cannot be used.
    fileprivate func rights(of accessKey: String) -> Set<Action> {
        guard let principal = try? accounts.signingAccount(accessKey, token: nil, at: 2)?.principal else { return [] }
        let objects: [Action] = [.getObject, .putObject, .deleteObject]
        let server: [Action] = [
            .createUser, .createPolicy, .createServiceAccount, .updateServiceAccount, .addUserToGroup, .serverInfo,
            .importIAM, .updatePolicyAssociation, .listAllMyBuckets,
        ]
        let demands =
            objects.map { Demand($0, on: .object(bucket: "bucket", key: "key")) }
            + server.map { Demand($0, on: .service) }
        return Set(
            demands.filter { demand in
                Authoriser().decide(AccessRequest(principal, demand, SilentAttributes())) == .allowed
            }.map(\.action))
    }

    /// Four users and two groups with policies of a few rights, none of which gives rights.
    fileprivate func populate(_ random: inout Generator) async throws {
        let actions = [
            "s3:GetObject", "s3:PutObject", "admin:CreateUser", "admin:CreatePolicy", "admin:CreateServiceAccount",
            "admin:UpdateServiceAccount", "admin:AddUserToGroup", "admin:RemoveServiceAccount", "admin:DeletePolicy",
        ]
        for number in 0..<3 { try await setPolicy("p\(number)", random.some(actions, 4)) }
        for number in 0..<4 {
            let name = AccountName("user\(number)")
            try await accounts.putUser(name.text, secret: SecretString("secret-of-\(name)"), isEnabled: true, at: 1)
            try await setPolicy("own\(number)", random.some(actions, 5))
            _ = try await accounts.changePolicies(.attach([AccountName("own\(number)")]), of: .user(name), at: 1)
        }
        for number in 0..<2 {
            let group = AccountName("g\(number)")
            try await accounts.addMembers([AccountName("user\(number)")], to: group, isEnabled: nil, at: 1)
            _ = try await accounts.changePolicies(.attach([AccountName("p\(number)")]), of: .group(group), at: 1)
        }
    }
}

/// A request that says nothing about itself.
struct SilentAttributes: RequestAttributes {
    func values(of key: ConditionKey, for action: Action) -> [String]? { nil }
}

/// Xorshift: the same sequence from the same seed, on every machine.
private struct Generator {
    var state: UInt64

    mutating func next() -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state >> 33)
    }

    mutating func one<Value>(_ values: [Value]) -> Value { values[next() % values.count] }
    mutating func some<Value>(_ values: [Value], _ most: Int) -> [Value] {
        (0..<1 + next() % most).map { _ in one(values) }
    }

    /// Method, target, document, and whether that is encrypted.
    mutating func call(new: String, known: [String]) -> (String, String, String?, Bool) {
        let user = one(known + ["tester"])
        switch next() % 9 {
        case 0, 1:
            return (
                "PUT", "add-user?accessKey=\(one([new, user]))",
                #"{"secretKey":"secret-of-\#(new)","status":"enabled"}"#,
                true
            )
        case 2, 3:
            let target = one(["", #""targetUser":"\#(user)","#])
            return (
                "PUT", "add-service-account", #"{\#(target)"accessKey":"\#(new)","secretKey":"secret-of-\#(new)"}"#,
                true
            )
        case 4:
            return (
                "POST", "update-service-account?accessKey=\(user)",
                one([#"{"newPolicy":{}}"#, #"{"newStatus":"on"}"#]), true
            )
        case 5:
            return (
                "PUT", "add-canned-policy?name=\(one(["p0", "p2", "own1", "free"]))", BuiltInPolicies.consoleAdmin,
                false
            )
        case 6:
            let members = one(["", #""\#(user)""#])
            return (
                "PUT", "update-group-members",
                #"{"group":"\#(one(["g0", "g1", "g2"]))","members":[\#(members)],"isRemove":\#(one(["true", "false"]))}"#,
                false
            )
        case 7: return ("DELETE", "remove-canned-policy?name=\(one(["p0", "p2", "free"]))", nil, false)
        default:
            return (
                "POST", "idp/builtin/policy/\(one(["attach", "detach"]))",
                #"{"policies":["\#(one(["consoleAdmin", "p0"]))"],"user":"\#(user)"}"#, true
            )
        }
    }
}

extension [UInt8] {
    fileprivate func contains(_ text: String) -> Bool {
        let text = Array(text.utf8)
        return indices.contains { self[$0...].starts(with: text) }
    }
}
