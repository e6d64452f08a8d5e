import AccessPolicy
import Accounts
import Cryptography
import FoundationEssentials
import JSON
import S3Protocol
import SealedStorage

/// Users, groups, policies and access keys out of MinIO's archive, in the place of those of the same names:
/// `mc admin cluster iam import FILE`.
///
/// What cannot be taken is named in the answer, and keeps nothing else from being taken. All that is taken becomes durable
/// in one commit: of an import that fails otherwise nothing is there.
enum ImportIAM: AdminOperation {
    static let routes = ["PUT /minio/admin/v3/import-iam-v2", "PUT /minio/admin/v3/import-iam"]
    static let body = AdminBody.archive(limit: 16 << 20)
    /// Bytes of all files of an archive together.
    private static let unpackedLimit = 128 << 20

    static func demands(_ request: AdminRequest) throws -> AdminDemands { .action(.importIAM) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        try request.require(.givesRights)
        let body = request.body
        let contents = try await context.drive.offload { try Self.contents(of: body) }
        let report = try await context.accounts.inOneCommit { draft in
            var run = IAMImport(accounts: draft, isByRoot: request.principal.isRoot, time: request.time)
            try await run.take(contents)
            return run.report
        }
        if request.target.rawPath.hasSuffix("-v2") {
            try await reply.send(report)
        } else {
            await reply.sendNothing()
        }
    }

    /// - Throws: for what is no such archive.
    private static func contents(of body: [UInt8]) throws(S3Error) -> IAMContents {
        do {
            let archive = try ZIPArchive(body, limit: unpackedLimit, mostEntries: 100)
            return try IAMContents { file in
                try archive.entries.first { $0.name == file.path }.map { try archive.contents(of: $0) }
            }
        } catch {
            throw S3Error(.invalidRequest, "The body is no archive of users and policies.")
        }
    }
}

/// What stands in an archive, of each kind by name.
struct IAMContents: Sendable {
    var policies: [String: [UInt8]] = [:]
    var users: [String: IAMUser] = [:]
    var groups: [String: IAMGroup] = [:]
    var serviceAccounts: [String: IAMServiceAccount] = [:]
    var userMappings: [String: IAMMapping] = [:]
    var groupMappings: [String: IAMMapping] = [:]

    init(_ content: (IAMFile) throws -> [UInt8]?) throws {
        func read<Document: Decodable>(_ file: IAMFile) throws -> [String: Document] {
            guard let bytes = try content(file), JSONValue(bytes) != nil else { return [:] }
            return try JSONDecoder().decode([String: Document].self, from: Data(bytes))
        }
        if let bytes = try content(.policies) {
            guard case .object(let members)? = JSONValue(bytes) else {
                throw ZIPArchive.Malformed(reason: "its policies are none")
            }
            for member in members { policies[member.name] = member.value.bytes }
        }
        users = try read(.users)
        groups = try read(.groups)
        serviceAccounts = try read(.serviceAccounts)
        userMappings = try read(.userMappings)
        groupMappings = try read(.groupMappings)
    }
}

/// One import, step by step.
struct IAMImport {
    struct Report: Encodable, Sendable {
        struct Part: Encodable, Sendable {
            var policies: [String]?
            var users: [String]?
            var groups: [String]?
            var serviceAccounts: [String]?
            var userPolicies: [[String: [String]]]?
            var groupPolicies: [[String: [String]]]?
        }

        struct Failure: Encodable, Sendable {
            let name: String
            let error: String
        }

        struct Failures: Encodable, Sendable {
            var policies: [Failure]?
            var users: [Failure]?
            var groups: [Failure]?
            var serviceAccounts: [Failure]?
            var userPolicies: [Failure]?
            var groupPolicies: [Failure]?
        }

        var skipped = Part()
        var removed = Part()
        var added = Part()
        var failed = Failures()
    }

    let accounts: AccountsDraft
    let isByRoot: Bool
    let time: Int64
    private(set) var report = Report()

    init(accounts: AccountsDraft, isByRoot: Bool, time: Int64) {
        self.accounts = accounts
        self.isByRoot = isByRoot
        self.time = time
    }

    /// - Throws: what keeps all of it from being taken, such as a drive that cannot be written.
    mutating func take(_ contents: IAMContents) async throws {
        for (name, document) in contents.policies.sorted(by: { $0.key < $1.key }) {
            try await attempt(name, \.policies, \.policies) { accounts, time in
                // MinIO's archive has those that every server has, too.
                if PolicyJSON(document).isBuiltIn(AccountName(name)) { return }
                try await accounts.putPolicy(
                    AccountName(name: name), try IdentityPolicy(forAdministration: document), at: time)
            }
        }
        for (name, user) in contents.users.sorted(by: { $0.key < $1.key }) {
            try await attempt(name, \.users, \.users) { accounts, time in
                try await accounts.putUser(
                    name, secret: SecretString(user.secretKey), isEnabled: user.status ?? "enabled" == "enabled",
                    at: time)
            }
        }
        for (name, group) in contents.groups.sorted(by: { $0.key < $1.key }) {
            try await attempt(name, \.groups, \.groups) { accounts, time in
                try await accounts.addMembers(
                    (group.members ?? []).map { AccountName($0) }, to: AccountName(name: name),
                    isEnabled: group.status ?? "enabled" == "enabled", at: time)
            }
        }
        for (name, account) in contents.serviceAccounts.sorted(by: { $0.key < $1.key }) {
            try await attempt(name, \.serviceAccounts, \.serviceAccounts) { [isByRoot] accounts, time in
                let owner: AccountOwner =
                    AccountName(account.parent) == accounts.rootName ? .root : .user(AccountName(account.parent))
                guard owner != .root || isByRoot else { throw S3Error(.accessDenied) }
                try await accounts.importServiceAccount(
                    try account.new(accessKey: name, at: time), isEnabled: account.status ?? "on" != "off", for: owner,
                    mayReplaceRoots: isByRoot, at: time)
            }
        }
        for (name, mapping) in contents.userMappings.sorted(by: { $0.key < $1.key }) {
            try await attach(mapping, to: name, \.userPolicies, \.userPolicies) { accounts, policies, time in
                _ = try await accounts.changePolicies(.replace(policies), of: .user(AccountName(name)), at: time)
            }
        }
        for (name, mapping) in contents.groupMappings.sorted(by: { $0.key < $1.key }) {
            try await attach(mapping, to: name, \.groupPolicies, \.groupPolicies) { accounts, policies, time in
                _ = try await accounts.changePolicies(.replace(policies), of: .group(AccountName(name)), at: time)
            }
        }
    }

    private mutating func attempt(
        _ name: String, _ done: WritableKeyPath<Report.Part, [String]?>,
        _ failed: WritableKeyPath<Report.Failures, [Report.Failure]?>,
        _ step: (AccountsDraft, Int64) async throws -> Void
    ) async throws {
        // The loop has others to serve.
        await Task.yield()
        do {
            try await step(accounts, time)
            report.added[keyPath: done] = (report.added[keyPath: done] ?? []) + [name]
        } catch {
            try note(error, of: name, failed)
        }
    }

    private mutating func attach(
        _ mapping: IAMMapping, to name: String, _ done: WritableKeyPath<Report.Part, [[String: [String]]]?>,
        _ failed: WritableKeyPath<Report.Failures, [Report.Failure]?>,
        _ step: (AccountsDraft, [AccountName], Int64) async throws -> Void
    ) async throws {
        let policies = mapping.policy.split(separator: ",").map(String.init)
        await Task.yield()
        do {
            try await step(accounts, policies.map { AccountName($0) }, time)
            report.added[keyPath: done] = (report.added[keyPath: done] ?? []) + [[name: policies]]
        } catch {
            try note(error, of: name, failed)
        }
    }

    /// - Throws: the error again when it is not about this one thing.
    private mutating func note(
        _ error: any Error, of name: String, _ failed: WritableKeyPath<Report.Failures, [Report.Failure]?>
    ) throws {
        guard let refusal = (error as? any RefusalConvertible)?.refusal ?? (error as? S3Error), refusal.status < 500
        else { throw error }
        report.failed[keyPath: failed] =
            (report.failed[keyPath: failed] ?? []) + [Report.Failure(name: name, error: refusal.message)]
    }
}

extension IAMServiceAccount {
    fileprivate func new(accessKey: String, at time: Int64) throws -> NewServiceAccount {
        var new = NewServiceAccount(accessKey: accessKey, secret: SecretString(secretKey))
        if claims?.kind == "embedded-policy" || claims?.sessionPolicy != nil {
            // One that cannot be read must not become a key with all rights.
            guard let text = claims?.sessionPolicy, let document = Base64.decode(text) else {
                throw S3Error(.xMinioMalformedIAMPolicy, "The policy of the access key cannot be read.")
            }
            new.policy = try IdentityPolicy(forAdministration: document)
        }
        new.name = name
        new.description = description
        new.expiration = try AccessKeyTime.parse(expiration)
        return new
    }
}
