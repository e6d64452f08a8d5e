import AccessPolicy
import Accounts
import AdminService
import Console
import Cryptography
import Foundation
import HTTPServer
import HTTPServerTesting
import KeyManagement
import Logging
import Maintenance
import ObjectStorage
import Requests
import S3Protocol
import S3Service
import SealedStorage
import Synchronization
import TestSupport
import Testing
import Threading

/// The console over the services that it makes requests of, on a drive of its own; its clock is the test's.
final class ConsoleFixture: Sendable {
    static let secret = "secret-of-the-tester"

    private let directory: TemporaryDirectory
    let store: ObjectStore
    let drive: SealedDrive
    /// Without anybody but root, who is `tester`.
    let accounts: Accounts
    let context: ConsoleContext
    private let server: MemoryServer

    init(_ settings: ConsoleSettings = ConsoleSettings()) async throws {
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
        let lookup: AccountLookup = { accessKey, token throws(S3Error) in
            if accessKey == "tester", token == nil {
                return SigningAccount(secret: SecretString(Self.secret), principal: .root(accessKey: accessKey))
            }
            return try accounts.signingAccount(accessKey, token: token, at: Clock.milliseconds())
        }
        let pipeline = RequestPipeline(verifier: SigV4Verifier(region: nil, account: lookup), logger: logger)
        let services = Services(
            s3: S3Service(
                context: ServiceContext(drive: drive, settings: ServiceSettings(), logger: logger), pipeline: pipeline),
            admin: AdminService(
                context: AdminContext(
                    drive: drive, accounts: accounts,
                    jobs: BatchJobs(
                        drive: drive, clock: Clock.milliseconds, pace: Adjustable(.immediate), logger: logger)),
                pipeline: pipeline))
        let box = TimeBox()
        context = ConsoleContext(
            settings, requests: services, drive: drive, accounts: accounts, lookup: lookup, pipeline: pipeline,
            clock: { Clock.milliseconds() + box.later.load(ordering: .relaxed) }, logger: logger)
        time = box
        server = MemoryServer(ConsoleService(context: context))
    }

    deinit { store.close() }

    private let time: TimeBox

    private final class TimeBox: Sendable {
        let later = Atomic<Int64>(0)
    }

    private struct Services: InProcessRequests {
        let s3: S3Service
        let admin: AdminService

        func answer(_ request: HTTPRequest, as caller: InProcessCaller) -> HTTPAnswer {
            AdminService.serves(request.head.target)
                ? admin.answer(request, as: caller) : s3.answer(request, as: caller)
        }

        func allow(_ demands: [Demand], _ request: HTTPRequest, as caller: InProcessCaller) -> [Bool] {
            s3.allow(demands, request, as: caller)
        }
    }

    /// Lets time pass.
    func wait(hours: Double) {
        time.later.add(Int64(hours * 3_600_000), ordering: .relaxed)
    }

    /// The answer to a request as it is given.
    func send(
        _ method: String, _ target: String, _ headers: [(name: String, value: String)] = [], body: String = ""
    ) async -> MemoryResponse {
        let framing = [(name: "host", value: "localhost:9001"), (name: "content-length", value: "\(body.utf8.count)")]
        return await server.answer(method, target, headers: framing + headers, body: Array(body.utf8))
    }

    func login(_ accessKey: String = "tester", _ secret: String = ConsoleFixture.secret) async -> MemoryResponse {
        await send(
            "POST", "/api/login", [("content-type", "application/json")],
            body: #"{"accessKey":"\#(accessKey)","secretKey":"\#(secret)"}"#)
    }

    /// Somebody who has logged in.
    func signedIn(_ accessKey: String = "tester", _ secret: String = ConsoleFixture.secret) async throws -> Browser {
        let answer = await login(accessKey, secret)
        let cookie = try #require(answer.header("set-cookie")?.prefix { $0 != ";" })
        return Browser(fixture: self, cookie: String(cookie), token: try #require(answer.member("token") as? String))
    }
}

/// A session, as a browser has it.
struct Browser: Sendable {
    let fixture: ConsoleFixture
    let cookie: String
    let token: String

    func call(_ method: String, _ call: String, _ body: String? = nil) async -> MemoryResponse {
        var headers = [(name: "cookie", value: cookie)]
        if method != "GET" { headers.append(("x-coffer-token", token)) }
        if body != nil { headers.append(("content-type", "application/json")) }
        return await fixture.send(method, "/api/\(call)", headers, body: body ?? "")
    }
}

extension MemoryResponse {
    private var document: [String: Any]? { try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] }

    func member(_ name: String) -> Any? { document?[name] }

    /// The code of a refusal; empty when the answer is none.
    var code: String { (member("error") as? [String: Any])?["code"] as? String ?? "" }
}
