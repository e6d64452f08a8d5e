import AccessPolicy
import Accounts
import Cryptography
import Foundation
import HTTPServerTesting
import KeyManagement
import Logging
import ObjectStorage
import Requests
import S3Protocol
import S3Service
import SealedStorage
import TestSupport
import Threading

/// The S3 service on a drive of its own, asked in this process: requests are signed, sealed and committed as ever, and
/// only the network is missing.
final class S3Fixture: Sendable {
    static let bucket = "bucket"

    private let directory: TemporaryDirectory
    private let service: any KeyService
    let store: ObjectStore
    let drive: SealedDrive
    /// Without anybody but root, who is `tester`.
    let accounts: Accounts
    private let server: MemoryServer
    private let context: ServiceContext
    let observer = RecordingObserver()
    private let signer = SigV4Signer(accessKey: "tester", secretKey: "secret-of-the-tester")

    /// With one bucket, named ``bucket``.
    ///
    /// - Parameters:
    ///   - webhooks: those that events wait for, and how much may.
    ///   - service: nil for one with a key of its own.
    ///   - directory: where a drive is that was closed; nil for a new one.
    init(
        _ settings: ServiceSettings = ServiceSettings(), isTLS: Bool = true,
        webhooks: [String: EventQueueLimit] = [:], options: StoreOptions = StoreOptions(),
        service: (any KeyService)? = nil, in directory: TemporaryDirectory? = nil
    ) async throws {
        let isNew = directory == nil
        let directory = try directory ?? TemporaryDirectory()
        let service = try service ?? StaticKeyService(name: try KeyID("key"), key: SecretKey())
        (self.directory, self.service) = (directory, service)
        store = try ObjectStore.open("\(directory.path)/drive", options: options)
        let records = SealedRecords(store: store)
        let key =
            if let stored = try CatalogueKey.stored(in: store) { stored } else {
                try await CatalogueKey.create(in: store, service: service)
            }
        try records.unlock(with: try await key.open(with: service))
        let keys = DataKeys(
            service: service, store: store, cache: DataKeyCache(service: service), clock: Clock.milliseconds)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let accounts = Accounts(records: records, setting: Accounts.Setting(rootAccessKey: { "tester" }))
        _ = try await accounts.load()
        self.accounts = accounts
        let verifier = SigV4Verifier(region: settings.region) { accessKey, token throws(S3Error) in
            if accessKey == "tester" {
                guard token == nil else { throw S3Error(.invalidTokenId) }
                return SigningAccount(
                    secret: SecretString("secret-of-the-tester"), principal: .root(accessKey: accessKey))
            }
            return try accounts.signingAccount(accessKey, token: token, at: Clock.milliseconds())
        }
        drive = try SealedDrive(records: records, keys: keys)
        _ = try drive.events.open(webhooks, observer: observer)
        context = ServiceContext(
            drive: drive, settings: settings, webhooks: Set(webhooks.keys), logger: logger)
        server = MemoryServer(
            S3Service(context: context, pipeline: RequestPipeline(verifier: verifier, logger: logger)), isTLS: isTLS)
        guard isNew else { return }
        let made = try await call("PUT", "/\(Self.bucket)")
        precondition(made.status == 200, "the bucket was made")
    }

    /// The same drive after a restart; this fixture serves no more.
    func reopened(options: StoreOptions = StoreOptions()) async throws -> S3Fixture {
        store.close()
        return try await S3Fixture(options: options, service: service, in: directory)
    }

    deinit { store.close() }

    /// Sets the bucket's quota, as the administration does; 0 takes it away.
    func setQuota(_ bytes: UInt64) async throws {
        let bucket = try context.buckets.bucket(try BucketName(Self.bucket))
        try await context.buckets.setQuota(BucketQuota(bytes: bytes), of: bucket)
    }

    /// The documents that wait for a webhook.
    func waiting(for webhook: String) async throws -> [String] {
        try await context.drive.events.next(of: webhook, limit: 1000, bytes: 1 << 24).map { event in
            String(decoding: event.document ?? [], as: UTF8.self)
        }
    }

    func usage() throws -> BucketUsage {
        try context.buckets.usage(of: try context.buckets.bucket(try BucketName(Self.bucket)))
    }

    /// How many files the drive has for bodies once those are gone that nobody needs; throws for what is amiss with them.
    func blobCount() async throws -> Int {
        await store.collectGarbage()
        let report = try await store.verifyNoOrphans()
        guard report.isClean else { throw Disagreement(report: report) }
        let files = FileManager.default.enumerator(atPath: "\(directory.path)/drive/blobs")?.allObjects ?? []
        return files.count { "\($0)".split(separator: "/").last?.utf8.count == 16 }
    }

    /// Rows and files do not fit together.
    struct Disagreement: Error {
        let report: OrphanReport
    }

    /// The answer to a signed request.
    func call(
        _ method: String, _ target: String, _ headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) async throws -> MemoryResponse {
        let framing = [(name: "host", value: "localhost"), (name: "content-length", value: "\(body.count)")]
        let signed = try signer.sign(
            method: method, target: target, headers: framing + headers, payload: .body(body),
            now: Clock.milliseconds() / 1000)
        return await server.answer(method, target, headers: signed.headers, body: body)
    }

    /// The answer to a request that somebody else than root has signed.
    func call(
        by signer: SigV4Signer, token: String? = nil, _ method: String, _ target: String,
        _ headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) async throws -> MemoryResponse {
        var framing = [(name: "host", value: "localhost"), (name: "content-length", value: "\(body.count)")]
        if let token { framing.append(("x-amz-security-token", token)) }
        let signed = try signer.sign(
            method: method, target: target, headers: framing + headers, payload: .body(body),
            now: Clock.milliseconds() / 1000)
        return await server.answer(method, target, headers: signed.headers, body: body)
    }

    /// Makes a user, whose secret is `secret-of-NAME`, and gives it policies.
    func addUser(_ name: String, _ policies: String...) async throws -> SigV4Signer {
        try await accounts.putUser(name, secret: SecretString("secret-of-\(name)"), isEnabled: true, at: 1)
        if !policies.isEmpty {
            _ = try await accounts.changePolicies(
                .attach(policies.map { AccountName($0) }), of: .user(AccountName(name)), at: 1)
        }
        return SigV4Signer(accessKey: name, secretKey: "secret-of-\(name)")
    }

    func addPolicy(_ name: String, _ statements: String) async throws {
        let document = #"{"Version":"2012-10-17","Statement":[\#(statements)]}"#
        try await accounts.putPolicy(AccountName(name), try IdentityPolicy(Array(document.utf8)), at: 1)
    }

    /// The answer to a signed request whose body comes in unsigned chunks with a trailer behind them.
    func callInChunks(
        _ method: String, _ target: String, body: [UInt8], trailer: (name: String, value: String)
    ) async throws -> MemoryResponse {
        var encoder = AWSChunkedEncoder(nil)
        let framed = encoder.encode(body, chunkSize: 9, trailers: [trailer])
        let headers = [
            (name: "host", value: "localhost"), (name: "content-length", value: "\(framed.count)"),
            (name: "x-amz-decoded-content-length", value: "\(body.count)"),
            (name: "x-amz-trailer", value: trailer.name), (name: "content-encoding", value: "aws-chunked"),
        ]
        let signed = try signer.sign(
            method: method, target: target, headers: headers, payload: .streamingUnsignedTrailer,
            now: Clock.milliseconds() / 1000)
        return await server.answer(method, target, headers: signed.headers, body: framed)
    }

    /// The answer to a request as it is given, unsigned.
    func send(
        _ method: String, _ target: String, _ headers: [(name: String, value: String)], body: [UInt8]
    ) async -> MemoryResponse {
        await server.answer(method, target, headers: headers, body: body)
    }

    /// The answer to a request without a signature.
    func callAnonymously(
        _ method: String, _ target: String, _ headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) async -> MemoryResponse {
        let framing = [(name: "host", value: "localhost"), (name: "content-length", value: "\(body.count)")]
        return await server.answer(method, target, headers: framing + headers, body: body)
    }

    /// Uploads an object in parts of the given sizes.
    func upload(_ key: String, _ headers: [(name: String, value: String)] = [], parts: [[UInt8]]) async throws {
        let target = "/\(Self.bucket)/\(key)"
        let begun = try await call("POST", "\(target)?uploads", headers)
        let id = begun.element("UploadId")
        let partHeaders = headers.filter { $0.name.contains("customer") }
        var document = "<CompleteMultipartUpload>"
        for (index, part) in parts.enumerated() {
            let sent = try await call(
                "PUT", "\(target)?partNumber=\(index + 1)&uploadId=\(id)", partHeaders, body: part)
            document += "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(sent.header("etag") ?? "")</ETag></Part>"
        }
        document += "</CompleteMultipartUpload>"
        let completed = try await call("POST", "\(target)?uploadId=\(id)", body: Array(document.utf8))
        precondition(completed.status == 200, "the upload was completed: \(completed.text)")
    }
}

/// Notes the events that it is told of.
final class RecordingObserver: EventObserver {
    private let state = ShortLock((happened: [ObjectEvent](), dropped: 0, queued: 0))

    var names: [String] { state.withLock { $0.happened.map(\.name.rawValue) } }
    var events: [ObjectEvent] { state.withLock { $0.happened } }
    var dropped: Int { state.withLock { $0.dropped } }
    /// Events of reads that lie on the drive.
    var queued: Int { state.withLock { $0.queued } }

    func happened(_ event: ObjectEvent, queuedFor targets: [String]) {
        state.withLock { $0.happened.append(event) }
    }

    func queued(for targets: [String]) { state.withLock { $0.queued += 1 } }
    func dropped(_ event: ObjectEvent, for target: String) { state.withLock { $0.dropped += 1 } }
}

extension MemoryResponse {
    /// The text of the first element of this name; empty when there is none.
    func element(_ name: String) -> String {
        guard let start = text.range(of: "<\(name)>"), let end = text.range(of: "</\(name)>") else { return "" }
        return String(text[start.upperBound..<end.lowerBound])
    }

    /// The texts of all elements of this name.
    func elements(_ name: String) -> [String] {
        text.split(separator: "<\(name)>").dropFirst().map { String($0.prefix { $0 != "<" }) }
    }
}

extension StringProtocol {
    fileprivate func range(of text: String) -> Range<Index>? { firstRange(of: text) }
}
