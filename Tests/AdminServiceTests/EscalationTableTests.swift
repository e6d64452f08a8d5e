import AccessPolicy
import Accounts
import AdminService
import Cryptography
import HTTPServerTesting
import S3Protocol
import Testing

/// No call of the operations' table lets anybody come by another's rights or secrets: a new one cannot forget it.
@Suite struct EscalationTableTests {
    /// What an attacker would say for each query parameter; of a new one it has to be said here.
    private static let parameters: [String: [String]] = [
        "accessKey": ["chief", "CHIEFSKEY", "ROOTSKEY", "tester"], "action": ["restart"], "bucket": ["bucket"],
        "count": ["1"], "group": ["heads", "chiefs"], "id": ["none"], "jobId": ["none"], "key": ["region"],
        "key-id": ["key"], "listType": ["all"], "name": ["own", "consoleAdmin"], "offset": ["0"],
        "pattern": ["*"],
        "policy": ["consoleAdmin"], "policyName": ["consoleAdmin"], "restoreId": ["none"], "session": ["none"],
        "status": ["enabled"], "subSys": ["region"], "to": ["key"], "type": ["all"], "updateURL": [""],
        "user": ["chief", "tester"], "userOrGroup": ["eve"], "users": ["chief"],
    ]
    /// The same of components of a path.
    private static let components: [String: [String]] = [
        "{name}": ["none"], "{operation}": ["attach", "detach"], "{provider}": ["builtin"], "{tier}": ["none"],
        "{type}": ["openid", "builtin"],
    ]
    /// Bodies that would give `eve` what it has not, if a call took them.
    private static let bodies = [
        #"""
        {"secretKey":"eves-secret","newSecretKey":"eves-secret","status":"enabled","newStatus":"on","newPolicy":{},
        "targetUser":"chief","accessKey":"EVESKEY","policies":["consoleAdmin"],"user":"eve","group":"heads",
        "members":["eve"],"isRemove":false,"groupStatus":"enabled"}
        """#,
        #"{"targetUser":"tester","accessKey":"EVESKEY","secretKey":"eves-secret"}"#,
        #"{"group":"chiefs","members":[],"isRemove":false,"groupStatus":"enabled"}"#, BuiltInPolicies.consoleAdmin, "",
    ]

    /// The same, sealed by `eve`; once, for making a key of a secret takes long.
    private static let sealed = Result {
        let salt = SecureRandom.bytes(EncryptedBody.saltByteCount)
        let key = Array("secret-of-eve".utf8).withUnsafeBytes {
            EncryptedBody.Method.argon2idWithAES.key(from: $0, salt: salt)
        }
        guard let key else { throw AuthenticationFailure() }
        return bodies.map { EncryptedBody.seal(Array($0.utf8), key: key, salt: salt) }
    }

    /// `eve` may do everything but give rights; `chief` and its group may do everything.
    private static func world() async throws -> AdminFixture {
        let fixture = try await AdminFixture()
        let accounts = fixture.accounts
        let most = """
            {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","NotAction":[
            "admin:UpdatePolicyAssociation","admin:AttachUserOrGroupPolicy"]}]}
            """
        try await accounts.putPolicy(AccountName("own"), try IdentityPolicy(Array(most.utf8)), at: 1)
        for (name, policy) in [("eve", "own"), ("chief", "consoleAdmin")] {
            try await accounts.putUser(name, secret: SecretString("secret-of-\(name)"), isEnabled: true, at: 1)
            _ = try await accounts.changePolicies(.attach([AccountName(policy)]), of: .user(AccountName(name)), at: 1)
        }
        for (group, member, isEnabled) in [("chiefs", "eve", false), ("heads", "chief", true)] {
            try await accounts.addMembers([AccountName(member)], to: AccountName(group), isEnabled: isEnabled, at: 1)
            _ = try await accounts.changePolicies(
                .attach([AccountName("consoleAdmin")]), of: .group(AccountName(group)), at: 1)
        }
        for (key, owner) in [("CHIEFSKEY", AccountOwner.user(AccountName("chief"))), ("ROOTSKEY", .root)] {
            _ = try await accounts.addServiceAccount(
                NewServiceAccount(accessKey: key, secret: SecretString("secret-of-\(key)")), for: owner, at: 1)
        }
        return fixture
    }

    @Test(arguments: EveryAdminOperationTests.all)
    func `no call gives its sender another's rights`(call: EveryAdminOperationTests.Call) async throws {
        let endpoint = call.endpoint
        let fixture = try await Self.world()
        let names = ["eve", "chief", "CHIEFSKEY", "ROOTSKEY"]
        for target in try Self.targets(of: endpoint) {
            // What reads nothing is asked once.
            for (number, body) in Self.bodies.enumerated() where endpoint.method != "GET" || body.isEmpty {
                let bytes =
                    endpoint.hasEncryptedBody ? try Self.sealed.get()[number] : Array(body.utf8)
                let answer = try await fixture.call(
                    endpoint.method, target, body: Array(bytes.prefix(endpoint.bodyLimit)), accessKey: "eve",
                    secret: "secret-of-eve")
                let what = "\(endpoint.method) \(target) \(body): \(answer.status) \(answer.text.prefix(200))"
                let isSealed = answer.header("content-type") == "application/octet-stream" && answer.status == 200
                let text =
                    isSealed ? try AdminFixture.decrypted(answer.body, secret: "secret-of-eve") : answer.text
                for name in names where name != "eve" { #expect(!text.contains("secret-of-\(name)"), "\(what)") }
                for name in names + ["EVESKEY"] {
                    guard let account = try? fixture.accounts.signingAccount(name, token: nil, at: 2) else { continue }
                    // Whoever is somebody else is so by its own secret.
                    if name != "EVESKEY" {
                        #expect(account.secret.isOf("secret-of-\(name)"), "\(name): \(what)")
                    }
                    guard name == "eve" || name == "EVESKEY" else { continue }
                    #expect(!Self.mayGiveRights(account.principal), "\(name): \(what)")
                    #expect(!account.principal.isRoot, "\(name): \(what)")
                }
            }
        }
    }

    private static func mayGiveRights(_ principal: Principal) -> Bool {
        [Action.updatePolicyAssociation, .attachUserOrGroupPolicy].contains { action in
            Authoriser().decide(AccessRequest(principal, Demand(action, on: .service), SilentAttributes())) == .allowed
        }
    }

    /// The addresses with all values that are tried.
    private static func targets(of endpoint: AdminEndpoint) throws -> [String] {
        var targets = [""]
        for component in endpoint.path.split(separator: "/") {
            let values =
                component.hasPrefix("{")
                ? try #require(components[String(component)], "say here what \(component) may be")
                : [String(component)]
            targets = targets.flatMap { target in values.map { "\(target)/\($0)" } }
        }
        for name in endpoint.required {
            let values = try #require(parameters[name], "say here what an attacker would say for \(name)")
            targets = targets.flatMap { target in
                values.map { "\(target)\(target.contains("?") ? "&" : "?")\(name)=\($0)" }
            }
        }
        return targets
    }
}

extension SecretString {
    fileprivate func isOf(_ text: String) -> Bool { withUnsafeBytes { Array($0) == Array(text.utf8) } }
}
