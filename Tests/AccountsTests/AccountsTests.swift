import AccessPolicy
import Accounts
import ObjectStorage
import S3Protocol
import SealedStorage
import TestSupport
import Testing

@Suite struct AccountsTests {
    @Test func `what is acknowledged is there after a restart`() async throws {
        let fixture = try await AccountsFixture()
        try await fixture.addPolicy("get", allowGet)
        try await fixture.addUser("ann", policies: ["get"], groups: ["team"])
        try await fixture.addUser("bob")
        try await fixture.addKey("ANNSKEY", of: .user(AccountName("ann")))
        let session = try await fixture.accounts.addSession(
            SessionRequest(owner: .user(AccountName("ann")), duration: 3600), at: AccountsFixture.now)
        try await fixture.accounts.removeUser(AccountName("bob"))
        for _ in 0..<2 {
            #expect(try fixture.allows("ann"))
            #expect(try fixture.allows("ANNSKEY"))
            #expect(try fixture.allows(session.accessKey, token: session.token))
            #expect(try !fixture.allows("ann", .putObject))
            #expect(fixture.refusal("bob") == .invalidAccessKeyId)
            #expect(try fixture.accounts.snapshot.members(of: AccountName("team")) == [AccountName("ann")])
            try await fixture.reopen()
            #expect(fixture.damaged == 0)
        }
    }

    @Test func `nothing that is called something can be read on the drive`() async throws {
        let fixture = try await AccountsFixture()
        try await fixture.addUser("ann-of-marketing", policies: ["readwrite"])
        for row in try fixture.store.accounts() {
            let bytes = row.id + row.sealed
            #expect(!bytes.contains("ann-of-marketing") && !bytes.contains("readwrite") && !bytes.contains("secret-of"))
        }
    }

    @Test func `a damaged record is the loss of itself`() async throws {
        let fixture = try await AccountsFixture()
        try await fixture.addPolicy("get", allowGet)
        try await fixture.addPolicy("deny", denyGet)
        try await fixture.addUser("ann", policies: ["get"])
        try await fixture.addUser("bob", policies: ["get", "deny"])
        try await fixture.addUser("eve", policies: ["get"], groups: ["team"])
        let intact = try fixture.store.accounts()
        for row in intact {
            var sealed = row.sealed
            sealed[sealed.count / 2] ^= 1
            try await fixture.reopen { try await $0.changeAccounts([.put(AccountRow(id: row.id, sealed: sealed))]) }
            #expect(fixture.damaged == 1)
            // Whatever was lost, nobody may do more than before.
            let mayRead = try fixture.refusal("bob") == nil && fixture.allows("bob")
            #expect(!mayRead)
            try await fixture.reopen { try await $0.changeAccounts([.put(row)]) }
            #expect(fixture.damaged == 0)
            #expect(try fixture.allows("ann") && fixture.allows("eve"))
        }
    }

    @Test func `a lost policy or group takes all rights of those who have it`() async throws {
        let fixture = try await AccountsFixture()
        try await fixture.addPolicy("deny", denyGet)
        try await fixture.addUser("ann", policies: ["readwrite", "deny"])
        try await fixture.addUser("bob", policies: ["readwrite"], groups: ["team"])
        let rows = try fixture.store.accounts()
        var withoutPolicy = 0
        for row in rows {
            try await fixture.reopen { try await $0.changeAccounts([.remove(id: row.id)]) }
            if fixture.refusal("ann") == nil {
                #expect(try !fixture.allows("ann"))
                if try !fixture.allows("ann", .putObject) { withoutPolicy += 1 }
            }
            try await fixture.reopen { try await $0.changeAccounts([.put(row)]) }
        }
        #expect(withoutPolicy == 1)
        #expect(try fixture.allows("bob"))
    }

    @Test func `accounts are unknown until they are loaded`() async throws {
        let fixture = try await AccountsFixture()
        try await fixture.addUser("ann", policies: ["readwrite"])
        let locked = Accounts(
            records: SealedRecords(store: fixture.store), setting: Accounts.Setting(rootAccessKey: { "rootuser" }))
        #expect(throws: S3Error(.serviceUnavailable)) {
            try locked.signingAccount("ann", token: nil, at: AccountsFixture.now)
        }
        await #expect(throws: AccountError.self) {
            try await locked.putUser("bob", secret: SecretString("12345678"), isEnabled: true, at: 1)
        }
    }

    @Test func `when a key was last used is known to the minute, and after a restart`() async throws {
        let fixture = try await AccountsFixture()
        try await fixture.addUser("ann", policies: ["readwrite"])
        try await fixture.addKey("ANNSKEY", of: .user(AccountName("ann")))
        func lastUse(_ name: String) throws -> Int64? { try fixture.accounts.snapshot.lastUse(of: AccountName(name)) }
        #expect(try lastUse("ann") == nil)
        let used = try fixture.accounts.signingAccount("ANNSKEY", token: nil, at: 1)?.use
        // Looking it up is no use of it.
        #expect(try lastUse("ANNSKEY") == nil)
        used?.note(1_700_000_065)
        used?.note(1_600_000_000)
        #expect(try lastUse("ANNSKEY") == 1_700_000_040_000 && lastUse("ann") == nil)
        // A change of the account does not forget it.
        try await fixture.accounts.updateServiceAccount(AccountName("ANNSKEY"), ServiceAccountUpdate(), at: 1)
        #expect(try lastUse("ANNSKEY") == 1_700_000_040_000)
        try await fixture.accounts.keepUses()
        try await fixture.reopen()
        #expect(try lastUse("ANNSKEY") == 1_700_000_040_000 && lastUse("ann") == nil)
    }

    @Test func `changes of a draft are durable together, or none of them is`() async throws {
        let fixture = try await AccountsFixture()
        struct Broken: Error {}
        await #expect(throws: Broken.self) {
            try await fixture.accounts.inOneCommit { draft in
                try await draft.putUser("ann", secret: SecretString("secret-of-ann"), isEnabled: true, at: 1)
                throw Broken()
            }
        }
        #expect(fixture.refusal("ann") == .invalidAccessKeyId)
        try await fixture.accounts.inOneCommit { draft in
            try await draft.putUser("ann", secret: SecretString("secret-of-ann"), isEnabled: true, at: 1)
            // What is refused leaves what else is in the draft.
            await #expect(throws: AccountError.noSuchPolicy) {
                try await draft.changePolicies(.attach([AccountName("none")]), of: .user(AccountName("ann")), at: 1)
            }
            _ = try await draft.changePolicies(
                .attach([AccountName("readwrite")]), of: .user(AccountName("ann")), at: 1)
            try await draft.addMembers([AccountName("ann")], to: AccountName("team"), isEnabled: true, at: 1)
        }
        for _ in 0..<2 {
            #expect(try fixture.allows("ann"))
            #expect(try fixture.accounts.snapshot.members(of: AccountName("team")) == [AccountName("ann")])
            try await fixture.reopen()
        }
    }

    @Test func `names are bytes, and one access key is one thing`() async throws {
        let fixture = try await AccountsFixture()
        try await fixture.addUser("caf\u{e9}", policies: ["readwrite"])
        #expect(fixture.refusal("cafe\u{301}") == .invalidAccessKeyId)
        try await fixture.addUser("cafe\u{301}")
        #expect(try fixture.allows("caf\u{e9}") && !fixture.allows("cafe\u{301}"))

        try await fixture.addUser("ann")
        try await fixture.addKey("THEKEY", of: .user(AccountName("ann")))
        await #expect(throws: AccountError.isNoUser) { try await fixture.addUser("THEKEY") }
        await #expect(throws: AccountError.isRoot) { try await fixture.addUser(AccountsFixture.root) }
        await #expect(throws: AccountError.isUser) { try await fixture.addKey("ann", of: .root) }
        await #expect(throws: AccountError.accessKeyTaken) { try await fixture.addKey("THEKEY", of: .root) }
        await #expect(throws: AccountError.noSuchUser) {
            try await fixture.addKey("OTHER", of: .user(AccountName("nobody")))
        }
    }

    @Test(arguments: ["ab", "a=b", "a,b", " ab", "ab ", "a\nb", String(repeating: "a", count: 21), ""])
    func `an access key that is none is refused`(name: String) async throws {
        let fixture = try await AccountsFixture()
        await #expect(throws: AccountError.invalidAccessKey) { try await fixture.addUser(name) }
    }

    @Test func `a user goes with all that acts for it`() async throws {
        let fixture = try await AccountsFixture()
        try await fixture.addUser("ann", policies: ["readwrite"])
        try await fixture.addKey("ANNSKEY", of: .user(AccountName("ann")))
        let session = try await fixture.accounts.addSession(
            SessionRequest(owner: .user(AccountName("ann")), duration: 900), at: AccountsFixture.now)
        try await fixture.accounts.setUser(AccountName("ann"), isEnabled: false)
        #expect(fixture.refusal("ann") == .invalidAccessKeyId)
        #expect(fixture.refusal("ANNSKEY") == .accessDenied)
        #expect(fixture.refusal(session.accessKey, token: session.token) == .accessDenied)
        try await fixture.accounts.removeUser(AccountName("ann"))
        try await fixture.addUser("ann", policies: ["readwrite"])
        for _ in 0..<2 {
            #expect(try fixture.allows("ann"))
            #expect(fixture.refusal("ANNSKEY") == .invalidAccessKeyId)
            #expect(fixture.refusal(session.accessKey, token: session.token) == .invalidAccessKeyId)
            try await fixture.reopen()
        }
    }

    @Test func `a session needs its token, and ends`() async throws {
        let fixture = try await AccountsFixture()
        try await fixture.addUser("ann", policies: ["readwrite"])
        var request = SessionRequest(owner: .user(AccountName("ann")), duration: 900)
        request.policy = try .of(allowGet)
        request.revocationType = "app"
        let session = try await fixture.accounts.addSession(request, at: AccountsFixture.now)
        let other = try await fixture.accounts.addSession(
            SessionRequest(owner: .user(AccountName("ann")), duration: 900), at: AccountsFixture.now)
        #expect(fixture.refusal(session.accessKey) == .invalidTokenId)
        #expect(fixture.refusal(session.accessKey, token: other.token) == .invalidTokenId)
        #expect(fixture.refusal(session.accessKey, token: session.token + "x") == .invalidTokenId)
        #expect(fixture.refusal("ann", token: session.token) == .invalidTokenId)
        #expect(try fixture.allows(session.accessKey, token: session.token))
        #expect(try !fixture.allows(session.accessKey, .putObject, token: session.token))
        #expect(try fixture.allows(other.accessKey, .putObject, token: other.token))
        let end = AccountsFixture.now + 900_000
        #expect(fixture.refusal(session.accessKey, token: session.token, at: end - 1) == nil)
        #expect(fixture.refusal(session.accessKey, token: session.token, at: end) == .expiredToken)
        try await fixture.accounts.revokeSessions(of: .user(AccountName("ann")), type: "app")
        #expect(fixture.refusal(session.accessKey, token: session.token) == .invalidAccessKeyId)
        #expect(fixture.refusal(other.accessKey, token: other.token) == nil)
        #expect(try await !fixture.accounts.sweepSessions(at: end))
        #expect(fixture.refusal(other.accessKey, token: other.token) == .invalidAccessKeyId)
    }

    @Test func `policies and groups count at once, for everyone who has them`() async throws {
        let fixture = try await AccountsFixture()
        let (ann, team) = (AccountName("ann"), AccountName("team"))
        try await fixture.addPolicy("p", allowGet)
        try await fixture.addUser("ann", groups: ["team"])
        #expect(try !fixture.allows("ann"))
        _ = try await fixture.accounts.changePolicies(.attach([AccountName("p")]), of: .group(team), at: 1)
        #expect(try fixture.allows("ann"))
        try await fixture.addPolicy("p", allowPut)
        #expect(try !fixture.allows("ann") && fixture.allows("ann", .putObject))
        try await fixture.accounts.setGroup(team, isEnabled: false, at: 2)
        #expect(try !fixture.allows("ann", .putObject))
        try await fixture.accounts.setGroup(team, isEnabled: true, at: 3)
        try await fixture.attach(["readwrite"], to: "ann")
        try await fixture.addPolicy("p", denyGet)
        #expect(try !fixture.allows("ann") && fixture.allows("ann", .putObject))
        await #expect(throws: AccountError.policyInUse) {
            try await fixture.accounts.removePolicy(AccountName("p"))
        }
        await #expect(throws: AccountError.groupNotEmpty) { try await fixture.accounts.removeGroup(team) }
        try await fixture.accounts.removeMembers([ann], from: team, at: 4)
        #expect(try fixture.allows("ann"))
        await #expect(throws: AccountError.alreadyApplied) { try await fixture.attach(["readwrite"], to: "ann") }
        await #expect(throws: AccountError.noSuchPolicy) { try await fixture.attach(["nothing"], to: "ann") }
    }

    @Test func `whatever changes, everyone's rights are what they are after a restart`() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let fixture = try await AccountsFixture()
        let users = (0..<6).map { "user\($0)" }
        let (groups, policies) = ((0..<3).map { AccountName("group\($0)") }, (0..<4).map { "policy\($0)" })
        for user in users { try await fixture.addUser(user) }
        for policy in policies { try await fixture.addPolicy(policy, allowGet) }
        for step in 1...200 {
            let user = AccountName(try #require(users.randomElement(using: &generator)))
            let group = try #require(groups.randomElement(using: &generator))
            let policy = try #require(policies.randomElement(using: &generator))
            let attachment: PolicyAttachment =
                Bool.random(using: &generator) ? .attach([AccountName(policy)]) : .detach([AccountName(policy)])
            let accounts = fixture.accounts
            // Some are refused, and change nothing.
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: try? await accounts.addMembers([user], to: group, isEnabled: nil, at: 1)
            case 1: try? await accounts.removeMembers([user], from: group, at: 1)
            case 2: try? await accounts.setGroup(group, isEnabled: Bool.random(using: &generator), at: 1)
            case 3: try? await accounts.removeGroup(group)
            case 4: _ = try? await accounts.changePolicies(attachment, of: .user(user), at: 1)
            case 5: _ = try? await accounts.changePolicies(attachment, of: .group(group), at: 1)
            case 6:
                let statements = try #require([allowGet, allowPut, denyGet].randomElement(using: &generator))
                try await fixture.addPolicy(policy, statements)
            default:
                // One that nobody has is made again for the next steps.
                if (try? await accounts.removePolicy(AccountName(policy))) != nil {
                    try await fixture.addPolicy(policy, allowPut)
                }
            }
            guard step % 20 == 0 else { continue }
            func state() throws -> [String] {
                let snapshot = try fixture.accounts.snapshot
                return try users.map { user in
                    try "\(user) \(fixture.allows(user)) \(fixture.allows(user, .putObject))"
                } + groups.map { "\($0) \(snapshot.members(of: $0))" }
            }
            let before = try state()
            let snapshot = try fixture.accounts.snapshot
            for group in groups {
                let members = snapshot.users.filter { $0.groups.contains(group) }.map(\.name).sorted()
                #expect(snapshot.members(of: group) == members, "\(seed)")
            }
            try await fixture.reopen()
            #expect(try state() == before, "\(seed) \(step)")
        }
    }

    @Test func `one change after another: none is lost`() async throws {
        let fixture = try await AccountsFixture()
        try await fixture.addUser("ann")
        let accounts = fixture.accounts
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                group.addTask {
                    try await accounts.addMembers(
                        [AccountName("ann")], to: AccountName("group\(number)"), isEnabled: nil, at: 1)
                }
            }
            try await group.waitForAll()
        }
        #expect(try accounts.snapshot.user(AccountName("ann"))?.groups.count == 100)
        try await fixture.reopen()
        #expect(try fixture.accounts.snapshot.user(AccountName("ann"))?.groups.count == 100)
    }

    @Test func `a built-in policy can be replaced, and comes back`() async throws {
        let fixture = try await AccountsFixture()
        try await fixture.addUser("ann", policies: ["readonly"])
        #expect(try fixture.allows("ann"))
        try await fixture.addPolicy("readonly", allowPut)
        #expect(try !fixture.allows("ann"))
        try await fixture.reopen()
        #expect(try !fixture.allows("ann"))
        _ = try await fixture.accounts.changePolicies(
            .detach([AccountName("readonly")]), of: .user(AccountName("ann")), at: 1)
        try await fixture.accounts.removePolicy(AccountName("readonly"))
        try await fixture.attach(["readonly"], to: "ann")
        #expect(try fixture.allows("ann"))
    }
}

extension [UInt8] {
    fileprivate func contains(_ text: String) -> Bool {
        let text = Array(text.utf8)
        return indices.contains { self[$0...].starts(with: text) }
    }
}
