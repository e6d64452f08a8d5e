import AccessPolicy
import Accounts
import ArgumentParser
import Cryptography
import KeyManagement
import ObjectStorage
import S3Protocol
import SealedStorage

/// Measures what it costs to know who has signed a request and whether it may, among many users and policies, against root.
struct AuthorisationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "authorisation",
        abstract: "Measure signature and rights of a request: users with policies against root.",
        discussion: """
            In this process, without a server: one thread verifies the signature of a GET and decides whether it is allowed,
            for root and for users by turns. Every user has a policy of its own choice and one of its group.
            """)

    @OptionGroup var local: LocalOptions

    @Option(help: "Users, of whom each request is another's.")
    var users = 10_000

    @Option(help: "Policies, of three statements each.")
    var policies = 1_000

    @Option(help: "Requests of a round.")
    var requests = 20_000

    @Option(help: "Rounds; the report gives medians and extremes.")
    var rounds = 5

    private static let groups = 100
    private static let root = "root-of-the-bench"
    /// Seconds since 1970, for every signature and every judgement.
    private static let now: Int64 = 1_800_000_000

    func validate() throws {
        guard users > 0, policies > 0, requests > 0, rounds > 0 else {
            throw ValidationError("all numbers are above 0")
        }
    }

    func run() async throws {
        let scratch = try ScratchDirectory(in: local.scratch)
        let store = try ObjectStore.open("\(scratch.path)/drive")
        defer { store.close() }
        let accounts = try await accounts(in: store)
        let verifier = SigV4Verifier(region: nil) { accessKey, token throws(S3Error) in
            if accessKey == Self.root {
                return SigningAccount(secret: SecretString("secret-of-root"), principal: .root(accessKey: accessKey))
            }
            return try accounts.signingAccount(accessKey, token: token, at: Self.now * 1000)
        }
        let ofUsers = try stride(from: 0, to: users, by: max(1, users / 512)).map { number in
            try Self.signed("user\(number)", "secret-of-user\(number)")
        }
        // As many: of one request all would be in the processor's nearest cache.
        let ofRoot = try ofUsers.map { _ in try Self.signed(Self.root, "secret-of-root") }
        _ = try nanoseconds(ofUsers, verifier)
        var (root, user): ([Double], [Double]) = ([], [])
        for _ in 0..<rounds {
            root.append(try nanoseconds(ofRoot, verifier) / 1000)
            user.append(try nanoseconds(ofUsers, verifier) / 1000)
        }
        let differences = zip(user, root).map { $0 - $1 }
        print("µs a request, \(users) users, \(policies) policies, \(rounds) rounds of \(requests)")
        for (title, values) in [("root", root), ("user", user), ("user - root", differences)] {
            guard let spread = Spread(values) else { continue }
            print(title.padded(to: 12) + spread.text)
        }
    }

    /// Nanoseconds of one request: its signature, its rights.
    private func nanoseconds(_ signed: [SigningRequest], _ verifier: SigV4Verifier) throws -> Double {
        let authoriser = Authoriser()
        let demand = Demand(.getObject, on: .object(bucket: "bucket", key: "a/key"))
        let began = monotonicNanoseconds()
        for number in 0..<requests {
            let verified = try verifier.verify(signed[number % signed.count], now: Self.now)
            let request = AccessRequest(verified.principal, demand, NoAttributes())
            guard authoriser.decide(request) == .allowed else {
                throw BenchError("a request was not allowed: nothing is measured")
            }
        }
        return Double(monotonicNanoseconds() - began) / Double(requests)
    }

    private func accounts(in store: ObjectStore) async throws -> Accounts {
        let service = StaticKeyService(name: try KeyID("key"), key: SecretKey())
        let records = SealedRecords(store: store)
        try records.unlock(with: try await CatalogueKey.create(in: store, service: service).open(with: service))
        let accounts = Accounts(records: records, setting: Accounts.Setting(rootAccessKey: { Self.root }))
        _ = try await accounts.load()
        let (users, policies) = (users, policies)
        try await accounts.inOneCommit { draft in
            for number in 0..<policies {
                try await draft.putPolicy(AccountName("policy\(number)"), Self.policy(number), at: 1)
            }
            for number in 0..<users {
                let name = "user\(number)"
                try await draft.putUser(name, secret: SecretString("secret-of-\(name)"), isEnabled: true, at: 1)
                _ = try await draft.changePolicies(
                    .attach([AccountName("policy\(number % policies)")]), of: .user(AccountName(name)), at: 1)
            }
            for number in 0..<min(Self.groups, users) {
                // All at once: whose rights a group gives is found out anew with each change of it.
                let members = stride(from: number, to: users, by: Self.groups).map { AccountName("user\($0)") }
                try await draft.addMembers(members, to: AccountName("group\(number)"), isEnabled: true, at: 1)
                _ = try await draft.changePolicies(
                    .attach([AccountName("policy\((number + 1) % policies)")]),
                    of: .group(AccountName("group\(number)")), at: 1)
            }
        }
        return accounts
    }

    /// Allows reading, and more that is not asked for.
    private static func policy(_ number: Int) throws -> IdentityPolicy {
        let document = """
            {"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::other-\(number)/*"},
            {"Effect":"Deny","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::bucket/kept-\(number)/*"},
            {"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::bucket","arn:aws:s3:::bucket/*"]}
            ]}
            """
        return try IdentityPolicy(Array(document.utf8))
    }

    private static func signed(_ accessKey: String, _ secret: String) throws -> SigningRequest {
        let target = "/bucket/a/key"
        let signer = SigV4Signer(accessKey: accessKey, secretKey: secret)
        let headers = try signer.sign(
            method: "GET", target: target, headers: [("host", "localhost:9000")], payload: .body([]), now: now
        ).headers
        return SigningRequest(method: "GET", target: try RequestTarget(target), headers: headers, isTLS: false)
    }
}

/// A request that says nothing about itself.
private struct NoAttributes: RequestAttributes {
    func values(of key: ConditionKey, for action: Action) -> [String]? { nil }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
