import Accounts
import AdminService
import Certificates
import Console
import Glibc
import HTTPServer
import KeyManagement
import Logging
import Maintenance
import Metrics
import Notifications
import ObjectStorage
import Requests
import S3Protocol
import S3Service
import STSService
import SealedStorage
import Threading

/// What answers requests, put together of what the process has opened.
extension ServerProcess {
    /// What requests, and signals, are answered with.
    struct Parts {
        let drive: SealedDrive
        let identity: ServerIdentity
        let account: ServerAccounts
        let notifier: Notifier
        let observers: Observers
        let sources: MetricsSources
        let live: LiveSettings
        let control: ProcessControl
        let streams: AdminStreams
        let background: Background
        let providers: STSService.Providers
    }

    var authorities: String { "\(configuration.certificates)/CAs" }

    func listen(_ parts: Parts) async throws -> (server: HTTPServer, console: ConsoleService?) {
        var settings = ServiceSettings(
            region: configuration.region, domains: configuration.domains,
            autoEncryption: configuration.autoEncryption, trustsUpstreamTLS: configuration.trustsUpstreamTLS,
            allowedOrigins: parts.live.allowedOrigins)
        settings.deployment = { [identity = parts.identity] in identity.known }
        let context = ServiceContext(
            drive: parts.drive, settings: settings, hub: parts.notifier.hub, webhooks: parts.notifier.targets,
            logger: log.logger(.requests))
        let verifier = SigV4Verifier(
            region: configuration.region, acceptsV2: configuration.acceptsSigV2,
            isRevoked: { signature throws(S3Error) in
                try parts.account.accounts.isRevoked(linkSignature: signature)
            }
        ) { accessKey, token throws(S3Error) in
            try parts.account.signingAccount(accessKey, token: token)
        }
        let pipeline = RequestPipeline(
            verifier: verifier,
            setting: SenderAttributes.Setting(
                region: configuration.region, trustsUpstreamTLS: configuration.trustsUpstreamTLS),
            observers: parts.observers.all, counts: parts.sources.requests, logger: log.logger(.requests))
        let metrics = MetricsService(parts.sources, access: configuration.metricsAccess, pipeline: pipeline)
        var admin = AdminContext(
            drive: parts.drive, accounts: parts.account.accounts, jobs: parts.background.jobs,
            facts: facts(parts.notifier, parts.live),
            gate: parts.live.gate, control: parts.control, settingsUser: parts.live)
        admin.streams = parts.streams
        admin.samplings = parts.background.samplings
        admin.survey = parts.sources.survey
        admin.lifecycleTotals = { [lifecycle = parts.background.lifecycle] in lifecycle.totals }
        admin.scrubStatus = { [scrub = parts.background.scrub] in scrub.status }
        var http = HTTPServerConfiguration(
            addresses: configuration.addresses, tls: certificates)
        http.limits = configuration.limits
        http.sockets = configuration.sockets
        http.trustedProxies = configuration.trustedProxies
        http.eventLoops = configuration.eventLoops
        http.errorBody = FaultDocument.answer
        http.secretHeaders = SSEHeaders.secretNames
        let dispatcher = RequestDispatcher(
            context: context, admin: admin, metrics: metrics, providers: parts.providers, pipeline: pipeline)
        let console = configuration.console.map { console in
            ConsoleListener(
                console, configuration, dispatcher, parts.account, pipeline, admin.facts, context, running,
                records: parts.observers.records,
                isClosing: { [samplings = parts.background.samplings] in samplings.isClosed },
                logger: log.logger(.http))
        }
        do {
            guard let console else {
                return (try await HTTPServer.start(http, handler: dispatcher, logger: log.logger(.http)), nil)
            }
            return (try await console.start(http), console.service)
        } catch {
            throw StartFailure(error)
        }
    }

    /// What goes on without a request, and what administrators are told of it.
    struct Background {
        let lifecycle: Lifecycle
        let scrub: Scrub
        let jobs: BatchJobs
        let samplings = OpenStreams()
    }

    func batchJobs(_ drive: SealedDrive, _ live: LiveSettings) throws(StartFailure) -> BatchJobs {
        let notices = try JobNotices(authorities: authorities)
        return BatchJobs(
            drive: drive, clock: Clock.milliseconds, pace: live.pace,
            rests: { [runtime = live.runtime] in
                let settings = runtime.current
                return (settings.keyRotationRest, settings.expirationRest)
            }, notify: { notice, document in try await notices.send(document, to: notice) },
            logger: log.logger(.background))
    }

    /// What administrators are told of this process.
    private func facts(_ notifier: Notifier, _ live: LiveSettings) -> ServerFacts {
        let address = configuration.addresses.first ?? ":9000"
        var name = [CChar](repeating: 0, count: 256)
        let isNamed = gethostname(&name, name.count - 1) == 0
        let host =
            isNamed
            ? String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : "localhost"
        let isEverywhere = ["", "0.0.0.0", "[::]"].contains(
            address[..<(address.lastIndex(of: ":") ?? address.startIndex)])
        return ServerFacts(
            version: Release.version,
            endpoint: isEverywhere ? host + (address.lastIndex(of: ":").map { String(address[$0...]) } ?? "") : address,
            started: Clock.milliseconds(), drive: configuration.drive, region: configuration.region ?? "",
            webhooks: notifier.targets.sorted(),
            environment: Dictionary(
                live.environment.map { name, value in
                    ("MINIO_\(name)", ServerFacts.isSecret(name) ? ServerFacts.redacted : value)
                }, uniquingKeysWith: { first, _ in first }))
    }

    /// HTTPS when the directory has a certificate, as MinIO decides it.
    var certificates: TLSConfigurationSource? {
        let directory = configuration.certificates
        guard access("\(directory)/public.crt", F_OK) == 0, access("\(directory)/private.key", F_OK) == 0 else {
            return nil
        }
        // Whose certificate it is, is judged where it makes a session: for other requests it means nothing.
        let shown: TLSConfigurationSource.ClientCertificate =
            configuration.identity.admitsCertificates ? .requested : .none
        guard let password = configuration.certificatePassword else {
            return TLSConfigurationSource(directory: directory, clientCertificate: shown)
        }
        return TLSConfigurationSource(
            directory: directory,
            opening: { try PrivateKey.readPEM($0, password: Array(password.utf8)).pem(password: nil) },
            clientCertificate: shown)
    }

    func metrics(
        _ store: ObjectStore, _ keys: DriveKeys, _ drive: SealedDrive, _ notifier: Notifier, _ lifecycle: Lifecycle,
        _ scrub: Scrub, _ survey: UsageSurvey, _ observers: Observers, _ running: RunningServer
    ) -> MetricsSources {
        let operations: [CompletedRequest.Service: [String]] = [
            .s3: OperationTable.operations.map { $0.name }, .admin: AdminEndpoint.all.map(\.name),
            .sts: [
                "AssumeRole", "AssumeRoleWithWebIdentity", "AssumeRoleWithClientGrants", "AssumeRoleWithLDAPIdentity",
                "AssumeRoleWithCertificate", "AssumeRoleWithCustomToken",
            ], .health: ["live", "ready", "cluster", "cluster/read"],
            .metrics: ["Scrape"], .console: ["Login", "Logout", "ShareObject", "RevokeShare"],
        ]
        return MetricsSources(
            version: Release.version, path: configuration.drive, drive: drive, store: store,
            requests: RequestCounts(operations), keyService: keys.calls, notifier: notifier, lifecycle: lifecycle,
            scrub: scrub, survey: survey, host: running.host, engine: { running.figures },
            certificates: {
                [("server", running.certificateEnd), ("key-service-client", keys.certificateEnd)].compactMap {
                    name, end in
                    end.map { (name, $0) }
                }
            },
            lostLines: { [log] in
                [("server", log.lostLines), ("trace", observers.trace.lostCount)] + observers.lostLines
            })
    }
}
