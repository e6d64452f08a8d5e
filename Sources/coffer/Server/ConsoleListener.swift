import AdminService
import Console
import Glibc
import HTTPServer
import Logging
import NIOCore
import Requests
import S3Protocol
import S3Service
import SealedStorage

/// The web console beside S3: the same server, at an address of its own.
struct ConsoleListener {
    let service: ConsoleService
    private let dispatcher: ConsoleDispatcher
    private let configuration: ConsoleConfiguration
    private let logger: Logger

    init(
        _ console: ConsoleConfiguration, _ server: ServerConfiguration, _ dispatcher: RequestDispatcher,
        _ account: ServerAccounts, _ pipeline: RequestPipeline, _ facts: ServerFacts, _ context: ServiceContext,
        _ running: RunningServer, records: RecordFeed, isClosing: @escaping @Sendable () -> Bool, logger: Logger
    ) {
        configuration = console
        self.logger = logger
        var settings = console.settings
        settings.version = facts.version
        settings.region = facts.region
        settings.drive = facts.drive
        settings.started = facts.started
        settings.autoEncryption = server.autoEncryption
        settings.keyService =
            switch server.keyService.current {
            case .kes: .kes
            case .keyring: .keyring
            case .staticKey: .staticKey
            }
        service = ConsoleService(
            context: ConsoleContext(
                settings, requests: dispatcher, drive: context.drive, accounts: account.accounts,
                lookup: { accessKey, token throws(S3Error) in try account.signingAccount(accessKey, token: token) },
                pipeline: pipeline, s3Port: { running.port }, certificateEnd: { running.certificateEnd },
                freeSpace: { Self.freeSpace(facts.drive) }, audit: records,
                diagnosis: Self.diagnosis(server, context.drive), isClosing: isClosing, logger: logger))
        self.dispatcher = ConsoleDispatcher(
            dispatcher, service, context.settings, redirectAddress: console.redirectAddress)
    }

    private static func diagnosis(
        _ configuration: ServerConfiguration, _ drive: SealedDrive
    ) -> ServerDiagnosis {
        {
            await LocalDiagnosis.ofServer(configuration, offload: { work in (try? await drive.offload(work)) ?? [] })
                .map { finding in
                    DiagnosedThing(
                        subject: finding.subject, verdict: finding.verdict.shown, text: finding.text,
                        remedy: finding.remedy)
                }
        }
    }

    private static func freeSpace(_ directory: String) -> Int64 {
        var system = statvfs()
        return statvfs(directory, &system) == 0 ? Int64(system.f_bavail) * Int64(system.f_frsize) : 0
    }

    /// Listens on S3's addresses and the console's, the last one; on a free port if that is taken and was not asked for.
    func start(_ http: HTTPServerConfiguration) async throws(HTTPServerError) -> HTTPServer {
        let server: HTTPServer
        do throws(HTTPServerError) {
            server = try await start(http, configuration.address)
        } catch {
            guard case .bind(configuration.address, EADDRINUSE) = error, !configuration.isAddressGiven,
                let colon = configuration.address.lastIndex(of: ":")
            else { throw error }
            server = try await start(http, "\(configuration.address[..<colon]):0")
            logger.warning(
                "the console's usual port is taken: it has another one",
                metadata: [
                    "taken": "\(configuration.address)", "port": "\(server.addresses.last?.port ?? 0)",
                ])
        }
        dispatcher.listens(on: server.addresses.last?.port ?? 0)
        return server
    }

    private func start(_ http: HTTPServerConfiguration, _ address: String) async throws(HTTPServerError) -> HTTPServer {
        var http = http
        http.addresses.append(address)
        return try await HTTPServer.start(http, handler: dispatcher, logger: logger)
    }
}

extension Finding.Verdict {
    fileprivate var shown: DiagnosedThing.Verdict {
        switch self {
        case .wrong: .wrong
        case .doubtful: .doubtful
        case .unknown: .unknown
        case .right: .right
        }
    }
}
