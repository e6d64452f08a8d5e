import AccessPolicy
import Accounts
import Cryptography
import KeyManagement
import ObjectStorage
import S3Protocol
import SealedStorage
import TestSupport

/// Accounts on a drive of their own, which can be closed and opened again.
final class AccountsFixture {
    static let now: Int64 = 1_700_000_000_000
    static let root = "rootuser"

    private let directory: TemporaryDirectory
    private let service: StaticKeyService
    private(set) var store: ObjectStore
    private(set) var records: SealedRecords
    private(set) var accounts: Accounts
    private(set) var damaged = 0

    init() async throws {
        directory = try TemporaryDirectory()
        service = StaticKeyService(name: try KeyID("key"), key: SecretKey())
        store = try ObjectStore.open("\(directory.path)/drive")
        records = SealedRecords(store: store)
        accounts = Self.accounts(records)
        try await load()
    }

    deinit { store.close() }

    private static func accounts(_ records: SealedRecords) -> Accounts {
        Accounts(records: records, setting: Accounts.Setting(rootAccessKey: { root }))
    }

    /// Closes the drive and opens it again, as a restart does, once rows have been changed that nobody knows of.
    func reopen(changing change: ((ObjectStore) async throws -> Void)? = nil) async throws {
        try await change?(store)
        store.close()
        store = try ObjectStore.open("\(directory.path)/drive")
        records = SealedRecords(store: store)
        accounts = Self.accounts(records)
        try await load()
    }

    private func load() async throws {
        let key =
            if let stored = try CatalogueKey.stored(in: store) { stored } else {
                try await CatalogueKey.create(in: store, service: service)
            }
        try records.unlock(with: try await key.open(with: service))
        damaged = try await accounts.load()
    }

    func addUser(_ name: String, policies: [String] = [], groups: [String] = []) async throws {
        try await accounts.putUser(name, secret: SecretString("secret-of-\(name)"), isEnabled: true, at: Self.now)
        for group in groups {
            try await accounts.addMembers([AccountName(name)], to: AccountName(group), isEnabled: nil, at: Self.now)
        }
        if !policies.isEmpty { try await attach(policies, to: name) }
    }

    func attach(_ policies: [String], to user: String) async throws {
        _ = try await accounts.changePolicies(
            .attach(policies.map { AccountName($0) }), of: .user(AccountName(user)), at: Self.now)
    }

    func addPolicy(_ name: String, _ statements: String) async throws {
        try await accounts.putPolicy(AccountName(name), try .of(statements), at: Self.now)
    }

    func addKey(_ accessKey: String, of owner: AccountOwner, policy: IdentityPolicy? = nil) async throws {
        var new = NewServiceAccount(accessKey: accessKey, secret: SecretString("secret-of-\(accessKey)"))
        new.policy = policy
        _ = try await accounts.addServiceAccount(new, for: owner, at: Self.now)
    }

    func principal(_ accessKey: String, token: String? = nil, at time: Int64 = now) throws -> Principal? {
        try accounts.signingAccount(accessKey, token: token, at: time)?.principal
    }

    /// Why an access key cannot be used; nil when it can.
    func refusal(_ accessKey: String, token: String? = nil, at time: Int64 = now) -> S3ErrorCode? {
        do throws(S3Error) {
            return try accounts.signingAccount(accessKey, token: token, at: time) == nil ? .invalidAccessKeyId : nil
        } catch {
            return error.code
        }
    }

    /// Whether the access key may do something to `bucket/key`.
    func allows(
        _ accessKey: String, _ action: Action = .getObject, on resource: Resource? = nil, token: String? = nil
    ) throws -> Bool {
        guard let principal = try principal(accessKey, token: token) else { return false }
        let demand = Demand(action, on: resource ?? .object(bucket: "bucket", key: "key"))
        return Authoriser().decide(AccessRequest(principal, demand, NoAttributes())) == .allowed
    }
}

/// A request that says nothing about itself.
struct NoAttributes: RequestAttributes {
    func values(of key: ConditionKey, for action: Action) -> [String]? { nil }
}

extension IdentityPolicy {
    /// One with these statements.
    static func of(_ statements: String) throws -> IdentityPolicy {
        try IdentityPolicy(Array(#"{"Version":"2012-10-17","Statement":[\#(statements)]}"#.utf8), mayBeEmpty: true)
    }
}

let allowGet = #"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}"#
let allowPut = #"{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::bucket/*"}"#
let denyGet = #"{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}"#
