import Accounts
import AdminService
import Certificates
import Console
import Cryptography
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

/// The composition root of the object server: opens what a request needs, in order, and closes it in reverse.
struct ServerProcess {
    private var configuration: ServerConfiguration
    private let log: LogFormat
    private let logger: Logger

    init(_ configuration: ServerConfiguration) {
        self.configuration = configuration
        log = LogFormat(configuration)
        logger = log.logger()
    }

    /// How the server has ended.
    enum Outcome {
        case stopped
        /// To begin anew in this process.
        case restarting
    }

    /// - Parameter input: what the process was started with, which is taken from it once the drive is open.
    func run(_ input: StartInput) async throws -> Outcome {
        defer { log.flush() }
        for note in configuration.notes { logger.notice("\(note)") }
        do throws(AlgorithmUnavailable) {
            try FetchedAlgorithms.require(digests: DigestAlgorithm.allCases, ciphers: AEADAlgorithm.allCases)
        } catch {
            throw StartFailure("\(error)")
        }

        let store = try openDrive()
        do {
            let outcome = try await serve(store, input)
            store.close()
            logger.notice("stopped")
            return outcome
        } catch {
            store.close()
            throw error
        }
    }

    /// Serves until a signal says stop.
    private func serve(_ store: ObjectStore, _ input: StartInput) async throws -> Outcome {
        let keys = try DriveKeys(configuration.keyService, store: store, logger: logger)
        let obstacle = try await keys.unlock()
        if let obstacle, configuration.requiresKeyService { throw StartFailure("key service: \(obstacle)") }
        var process = self
        if obstacle == nil { process.configuration = completedConfiguration(input, keys.records) }
        let live = LiveSettings(
            try input.take(), authorities: "\(configuration.certificates)/CAs", runtime: process.configuration.runtime,
            logger: logger)
        let root = RootAccount(configuration.credentials)
        let accounts = Accounts(
            records: keys.records,
            setting: Accounts.Setting(
                rootAccessKey: { root.accessKey }, admitsRoot: live.runtime.current.admitsRoot))
        let account = ServerAccounts(root: root, accounts: accounts, logger: logger)
        if let obstacle { accounts.stayLocked(by: obstacle) } else { try await account.load(keys.records) }
        return try await process.serve(store, keys, account, obstacle, live)
    }

    /// The configuration with what the drive keeps of it: what the environment says wins, and what does not open or fit any
    /// more does not keep the server from starting.
    private func completedConfiguration(_ input: StartInput, _ records: SealedRecords) -> ServerConfiguration {
        do {
            let settings = try ServerSettings(records).stored()
            guard !settings.isEmpty else { return configuration }
            return try input.configuration(completedWith: settings)
        } catch {
            logger.error(
                "the drive's configuration is not in effect",
                metadata: ["cause": "\((error as? StartFailure)?.reason ?? "\(error)")"])
            return configuration
        }
    }

    private func serve(
        _ store: ObjectStore, _ keys: DriveKeys, _ account: ServerAccounts, _ obstacle: KeyServiceError?,
        _ live: LiveSettings
    ) async throws -> Outcome {
        let drive = try SealedDrive(records: keys.records, keys: keys.dataKeys)
        for (name, corruption) in drive.buckets.damaged {
            logger.error("bucket \(name) has no readable configuration", metadata: ["cause": "\(corruption)"])
        }
        let notifier = try openNotifier(drive)
        let lifecycle = Lifecycle(
            drive: drive, calendar: configuration.lifecycleCalendar, clock: Clock.milliseconds, pace: live.pace,
            logger: logger)
        let running = RunningServer()
        let observers = try Observers(
            configuration, drive: drive, notifier: notifier, feed: log.feed, identity: ServerIdentity(drive),
            node: { running.node }, logger: logger)
        let sources = metrics(store, keys, drive, notifier, lifecycle, observers, running)
        // Before anybody can see the server: who saw it may end it.
        let (signals, control) = Signals.stream()
        let streams = AdminStreams(trace: observers.trace, log: log.feed, node: { running.node }, logger: logger)
        let background = Background(lifecycle: lifecycle, jobs: batchJobs(drive, live))
        let (server, console) = try await listen(
            drive, account, notifier, observers, sources, live, control, streams, background, running)
        running.hasStarted(server)
        summary(store, keys, server, account, obstacle).print()

        // Ending the scope cancels these.
        async let _ = KeyMemoryWatch(logger: logger).run()
        async let _ = keys.run()
        async let _ = StaleUploads(drive: drive, settings: live.runtime, logger: logger).run()
        async let _ = lifecycle.run()
        async let _ = background.jobs.run()
        async let _ = notifier.run()
        async let _ = observers.run()
        async let _ = account.sweep()
        async let _ = console?.run()
        async let _ = becomeWhole(obstacle, keys, drive.buckets, account, live)
        let outcome = await handle(signals, server, keys, notifier, observers, background.samplings)
        await observers.flush()
        return outcome
    }

    private func metrics(
        _ store: ObjectStore, _ keys: DriveKeys, _ drive: SealedDrive, _ notifier: Notifier, _ lifecycle: Lifecycle,
        _ observers: Observers, _ running: RunningServer
    ) -> MetricsSources {
        let operations: [CompletedRequest.Service: [String]] = [
            .s3: OperationTable.operations.map { $0.name }, .admin: AdminEndpoint.all.map(\.name),
            .sts: [
                "AssumeRole", "AssumeRoleWithWebIdentity", "AssumeRoleWithClientGrants", "AssumeRoleWithLDAPIdentity",
                "AssumeRoleWithCertificate", "AssumeRoleWithCustomToken",
            ], .health: ["live", "ready", "cluster", "cluster/read"],
            .metrics: ["Scrape"], .console: ["Login", "Logout"],
        ]
        return MetricsSources(
            version: Release.version, path: configuration.drive, drive: drive, store: store,
            requests: RequestCounts(operations), keyService: keys.calls, notifier: notifier, lifecycle: lifecycle,
            host: running.host, engine: { running.figures },
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

    /// Serves what needs no key until the key service answers, then everything.
    private func becomeWhole(
        _ obstacle: KeyServiceError?, _ keys: DriveKeys, _ buckets: BucketDirectory, _ account: ServerAccounts,
        _ live: LiveSettings
    ) async {
        guard var obstacle else { return }
        while true {
            logger.error(
                "the drive's keys cannot be had: serving only what needs none",
                metadata: ["key-service": "\(keys.title)", "cause": "\(obstacle)"])
            guard (try? await Task.sleep(for: .seconds(10))) != nil else { return }
            do {
                if let still = try await keys.unlock() {
                    obstacle = still
                    continue
                }
                try buckets.reload()
                if let secret = try await account.load(keys.records) { StartupSummary.print(newSecret: secret) }
                applyStoredSettings(keys.records, live)
                logger.notice("the key service has opened the drive's keys: serving everything")
                return
            } catch {
                obstacle = .unavailable((error as? StartFailure)?.reason ?? "\(error)")
            }
        }
    }

    private func applyStoredSettings(_ records: SealedRecords, _ live: LiveSettings) {
        do {
            let settings = try ServerSettings(records).stored()
            guard !settings.isEmpty else { return }
            live.apply(settings)
            logger.notice("what the drive's configuration says of region and webhooks is in effect after a restart")
        } catch {
            logger.error("the drive's configuration is not in effect", metadata: ["cause": "\(error)"])
        }
    }

    private func openDrive() throws(StartFailure) -> ObjectStore {
        var options = StoreOptions()
        options.logger = logger
        do {
            return try ObjectStore.open(configuration.drive, options: options)
        } catch {
            throw StartFailure("\(configuration.drive): \(error)")
        }
    }

    private func openNotifier(_ drive: SealedDrive) throws -> Notifier {
        do {
            let notifier = try Notifier(configuration.webhooks, events: drive.events, logger: logger)
            try notifier.open(drive.events)
            return notifier
        } catch {
            throw StartFailure("webhooks: \(error)")
        }
    }

    private func listen(
        _ drive: SealedDrive, _ account: ServerAccounts, _ notifier: Notifier, _ observers: Observers,
        _ sources: MetricsSources, _ live: LiveSettings, _ control: ProcessControl, _ streams: AdminStreams,
        _ background: Background, _ running: RunningServer
    ) async throws -> (server: HTTPServer, console: ConsoleService?) {
        let context = ServiceContext(
            drive: drive,
            settings: ServiceSettings(
                region: configuration.region, domains: configuration.domains,
                autoEncryption: configuration.autoEncryption, trustsUpstreamTLS: configuration.trustsUpstreamTLS,
                allowedOrigins: live.allowedOrigins),
            hub: notifier.hub, webhooks: notifier.targets, logger: logger)
        let verifier = SigV4Verifier(
            region: configuration.region, acceptsV2: configuration.acceptsSigV2
        ) { accessKey, token throws(S3Error) in
            try account.signingAccount(accessKey, token: token)
        }
        let pipeline = RequestPipeline(
            verifier: verifier,
            setting: SenderAttributes.Setting(
                region: configuration.region, trustsUpstreamTLS: configuration.trustsUpstreamTLS),
            observers: observers.all, counts: sources.requests, logger: logger)
        let metrics = MetricsService(sources, access: configuration.metricsAccess, pipeline: pipeline)
        var admin = AdminContext(
            drive: drive, accounts: account.accounts, jobs: background.jobs, facts: facts(notifier, live),
            gate: live.gate, control: control, settingsUser: live)
        admin.streams = streams
        admin.samplings = background.samplings
        admin.lifecycleTotals = { [lifecycle = background.lifecycle] in lifecycle.totals }
        var http = HTTPServerConfiguration(
            addresses: configuration.addresses, tls: certificates)
        http.limits = configuration.limits
        http.eventLoops = configuration.eventLoops
        http.errorBody = FaultDocument.answer
        http.secretHeaders = SSEHeaders.secretNames
        let providers = try STSService.Providers(
            configuration.identity, authorities: "\(configuration.certificates)/CAs")
        let dispatcher = RequestDispatcher(
            context: context, admin: admin, metrics: metrics, providers: providers, pipeline: pipeline)
        let console = configuration.console.map { console in
            ConsoleListener(
                console, configuration, dispatcher, account, pipeline, admin.facts, context, running,
                isClosing: { [samplings = background.samplings] in samplings.isClosed }, logger: logger)
        }
        do {
            guard let console else {
                return (try await HTTPServer.start(http, handler: dispatcher, logger: logger), nil)
            }
            return (try await console.start(http), console.service)
        } catch {
            throw StartFailure(error)
        }
    }

    /// What goes on without a request, and what administrators are told of it.
    private struct Background {
        let lifecycle: Lifecycle
        let jobs: BatchJobs
        let samplings = OpenStreams()
    }

    private func batchJobs(_ drive: SealedDrive, _ live: LiveSettings) -> BatchJobs {
        BatchJobs(
            drive: drive, clock: Clock.milliseconds, pace: live.pace,
            rests: { [runtime = live.runtime] in
                let settings = runtime.current
                return (settings.keyRotationRest, settings.expirationRest)
            }, logger: logger)
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
    private var certificates: TLSConfigurationSource? {
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

    private func summary(
        _ store: ObjectStore, _ keys: DriveKeys, _ server: HTTPServer, _ account: ServerAccounts,
        _ obstacle: KeyServiceError?
    ) -> StartupSummary {
        StartupSummary(
            configuration: configuration, server: server,
            isTLS: certificates != nil, space: store.freeSpace(),
            keyService: obstacle == nil ? keys.title : "\(keys.title) (not to be had yet)",
            newKeyring: keys.newKeyring, accessKey: account.root.accessKey, newSecret: account.root.newSecret,
            logger: logger)
    }

    /// Returns when one of the signals has said stop, and the server has.
    private func handle(
        _ signals: AsyncStream<Signals>, _ server: HTTPServer, _ keys: DriveKeys, _ notifier: Notifier,
        _ observers: Observers, _ samplings: OpenStreams
    ) async -> Outcome {
        for await signal in signals {
            switch signal {
            case .reload:
                do {
                    if try server.reloadTLS() { logger.notice("TLS certificates read again") }
                } catch {
                    logger.error("TLS certificates not reloaded", metadata: ["cause": "\(error)"])
                }
                do {
                    if try keys.reloadClientCertificate() {
                        logger.notice("the key server's client certificate read again")
                    }
                } catch {
                    logger.error("the key server's client certificate not reloaded", metadata: ["cause": "\(error)"])
                }
                observers.reopen()
            case .toggleDebug:
                let level = log.level.toggleDebug()
                logger.notice("lines are logged from level \(level) on")
            case .stop:
                logger.notice("stopping: no new connections; waiting up to 30 s for requests in flight")
                samplings.close()
                await shutDown(server, notifier, observers, grace: .seconds(30))
                return .stopped
            case .restart:
                logger.notice("restarting: no new connections; waiting up to 10 s for requests in flight")
                samplings.close()
                await shutDown(server, notifier, observers, grace: .seconds(10))
                return .restarting
            }
        }
        return .stopped
    }

    private func shutDown(
        _ server: HTTPServer, _ notifier: Notifier, _ observers: Observers, grace: Duration
    ) async {
        // They would stay for as long as they are let.
        notifier.hub.close()
        observers.trace.close()
        log.feed.ring.close()
        await server.shutdown(grace: grace)
    }
}

extension StartFailure {
    init(_ error: HTTPServerError) {
        switch error {
        case .address(let address): self.init("--address \(address): not an address to listen on")
        case .bind(let address, let number):
            self.init("cannot listen on \(address): \(String(cString: strerror(number)))")
        case .tls(let reason): self.init("TLS: \(reason)")
        }
    }
}
