import AccessPolicy
import Cryptography
import HTTPServer
import HTTPServerTesting
import KeyManagement
import Logging
import Maintenance
import Metrics
import Notifications
import ObjectStorage
import Requests
import S3Protocol
import S3Service
import SealedStorage
import TestSupport
import Threading

/// A server's S3 and metrics on a drive of its own, asked in this process.
final class MetricsFixture: Sendable {
    private let directory: TemporaryDirectory
    let store: ObjectStore
    let pipeline: RequestPipeline
    private let s3: MemoryServer
    private let metrics: MemoryServer
    private let signer = SigV4Signer(accessKey: "tester", secretKey: "secret-of-the-tester")

    init(access: MetricsService.Access = .everybody, observers: [any RequestObserver] = []) async throws {
        directory = try TemporaryDirectory()
        let path = "\(directory.path)/drive"
        store = try ObjectStore.open(path)
        let calls = KeyServiceCounts()
        let service = MeasuredKeyService(StaticKeyService(name: try KeyID("key"), key: SecretKey()), calls)
        let records = SealedRecords(store: store)
        try records.unlock(with: try await CatalogueKey.create(in: store, service: service).open(with: service))
        let keys = DataKeys(
            service: service, store: store, cache: DataKeyCache(service: service), clock: Clock.milliseconds)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let drive = try SealedDrive(records: records, keys: keys)
        let notifier = try Notifier(events: drive.events, logger: logger)
        let counts = RequestCounts([
            .s3: OperationTable.operations.map { $0.name }, .health: ["live"], .metrics: ["Scrape"],
        ])
        let verifier = SigV4Verifier(region: nil) { accessKey, _ in
            accessKey == "tester"
                ? SigningAccount(
                    secret: SecretString("secret-of-the-tester"), principal: .root(accessKey: accessKey)) : nil
        }
        pipeline = RequestPipeline(verifier: verifier, observers: observers, counts: counts, logger: logger)
        let sources = MetricsSources(
            version: "1", path: path, drive: drive, store: store, requests: counts, keyService: calls,
            notifier: notifier,
            lifecycle: Lifecycle(drive: drive, calendar: .civil, clock: Clock.milliseconds, logger: logger),
            scrub: Scrub(drive: drive, cycle: { nil }, clock: Clock.milliseconds, logger: logger),
            survey: UsageSurvey(drive: drive, pace: Adjustable(.immediate), age: .zero), host: "host", engine: { nil },
            certificates: { [("server", 2_000_000_000)] },
            lostLines: { [("server", 0)] })
        s3 = MemoryServer(
            S3Service(
                context: ServiceContext(drive: drive, settings: ServiceSettings(), logger: logger), pipeline: pipeline))
        metrics = MemoryServer(MetricsService(sources, access: access, pipeline: pipeline))
        let made = try await call("PUT", "/bucket")
        precondition(made.status == 200, "the bucket was made")
    }

    deinit { store.close() }

    /// A signed request to S3.
    @discardableResult func call(_ method: String, _ target: String, body: [UInt8] = []) async throws -> MemoryResponse
    {
        let framing = [(name: "host", value: "localhost"), (name: "content-length", value: "\(body.count)")]
        let signed = try signer.sign(
            method: method, target: target, headers: framing, payload: .body(body), now: Clock.milliseconds() / 1000)
        return await s3.answer(method, target, headers: signed.headers, body: body)
    }

    func scrape(_ path: String, token: String? = nil) async -> MemoryResponse {
        let headers = token.map { [(name: "authorization", value: "Bearer \($0)")] } ?? []
        return await metrics.answer("GET", path, headers: [("host", "localhost")] + headers)
    }

    /// The sample of this name with labels that have these texts in them; `nil` without one.
    func value(_ page: String, _ name: String, _ labels: String...) async -> Double? {
        let lines = await scrape(page).text.split(separator: "\n")
        let line = lines.first { line in
            (line.hasPrefix("\(name) ") || line.hasPrefix("\(name){")) && labels.allSatisfy { line.contains($0) }
        }
        return line.flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
    }
}
