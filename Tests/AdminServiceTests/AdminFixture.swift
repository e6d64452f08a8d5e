import AccessPolicy
import Accounts
import AdminService
import Cryptography
import Foundation
import HTTPServerTesting
import KeyManagement
import Logging
import Maintenance
import ObjectStorage
import Requests
import S3Protocol
import SealedStorage
import TestSupport
import Threading

/// The administration of a drive of its own, asked in this process.
final class AdminFixture: Sendable {
    private let directory: TemporaryDirectory
    let store: ObjectStore
    let drive: SealedDrive
    /// Without anybody but root, who is `tester`.
    let accounts: Accounts
    private let server: MemoryServer
    static let secret = "secret-of-the-tester"

    init(_ settingsUser: any SettingsUser = NoSettingsUser()) async throws {
        directory = try TemporaryDirectory()
        store = try ObjectStore.open("\(directory.path)/drive")
        let service = StaticKeyService(name: try KeyID("key"), key: SecretKey())
        let records = SealedRecords(store: store)
        try records.unlock(with: try await CatalogueKey.create(in: store, service: service).open(with: service))
        let keys = DataKeys(
            service: service, store: store, cache: DataKeyCache(service: service), clock: Clock.milliseconds)
        drive = try SealedDrive(records: records, keys: keys)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let accounts = Accounts(records: records, setting: Accounts.Setting(rootAccessKey: { "tester" }))
        _ = try await accounts.load()
        self.accounts = accounts
        let verifier = SigV4Verifier(region: nil) { accessKey, token throws(S3Error) in
            if accessKey == "tester", token == nil {
                return SigningAccount(secret: SecretString(Self.secret), principal: .root(accessKey: accessKey))
            }
            return try accounts.signingAccount(accessKey, token: token, at: Clock.milliseconds())
        }
        let context = AdminContext(
            drive: drive, accounts: accounts,
            jobs: BatchJobs(drive: drive, clock: Clock.milliseconds, pace: Adjustable(.immediate), logger: logger),
            settingsUser: settingsUser)
        // What goes on for as long as somebody listens would never be a whole answer.
        context.streams.trace.close()
        context.streams.log.ring.close()
        context.backups.close()
        server = MemoryServer(
            AdminService(context: context, pipeline: RequestPipeline(verifier: verifier, logger: logger)))
    }

    deinit { store.close() }

    /// The answer to a request that is signed as `mc` signs, for no region.
    func call(
        _ method: String, _ target: String, _ headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        accessKey: String = "tester", secret: String = AdminFixture.secret
    ) async throws -> MemoryResponse {
        let framing = [(name: "host", value: "localhost"), (name: "content-length", value: "\(body.count)")]
        let signer = SigV4Signer(accessKey: accessKey, secretKey: secret, region: "")
        let signed = try signer.sign(
            method: method, target: target, headers: framing + headers, payload: .body(body),
            now: Clock.milliseconds() / 1000)
        return await server.answer(method, target, headers: signed.headers, body: body)
    }

    /// The answer to a request as it is given.
    func send(
        _ method: String, _ target: String, _ headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) async -> MemoryResponse {
        let framing = [(name: "host", value: "localhost"), (name: "content-length", value: "\(body.count)")]
        return await server.answer(method, target, headers: framing + headers, body: body)
    }

    func makeBucket(_ name: String) async throws {
        try await drive.buckets.create(try BucketName(name), at: Clock.milliseconds())
    }

    /// A body as `madmin` encrypts it.
    static func encrypted(_ text: String, secret: String = AdminFixture.secret) throws -> [UInt8] {
        let salt = SecureRandom.bytes(EncryptedBody.saltByteCount)
        guard
            let key = Array(secret.utf8).withUnsafeBytes({
                EncryptedBody.Method.argon2idWithAES.key(from: $0, salt: salt)
            })
        else { throw AuthenticationFailure() }
        return EncryptedBody.seal(Array(text.utf8), key: key, salt: salt)
    }

    /// What an encrypted answer says.
    static func decrypted(_ body: [UInt8], secret: String = AdminFixture.secret) throws -> String {
        let header = try EncryptedBody.Header(body)
        guard let key = Array(secret.utf8).withUnsafeBytes({ header.method.key(from: $0, salt: header.salt) }) else {
            throw AuthenticationFailure()
        }
        return String(decoding: try EncryptedBody.open(body, header, key: key), as: UTF8.self)
    }
}

extension MemoryResponse {
    /// The code of a refusal; empty when the answer is none.
    var code: String {
        let document = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        return document?["Code"] as? String ?? ""
    }
}
