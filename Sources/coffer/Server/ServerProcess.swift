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
import Systemd
import Threading

/// The composition root of the object server: opens what a request needs, in order, and closes it in reverse.
struct ServerProcess {
    private(set) var configuration: ServerConfiguration
    let log: LogFormat
    private let logger: Logger
    private let systemd = SystemdNotifier.ofProcess()
    let running = RunningServer()
    private let versionLimit: Adjustable<Int?>
    private let driveLoss = DriveLoss()

    init(_ configuration: ServerConfiguration) {
        self.configuration = configuration
        log = LogFormat(configuration)
        logger = log.logger(.server)
        versionLimit = Adjustable(configuration.runtime.versionLimit)
    }

    /// How the server has ended.
    enum Outcome {
        case stopped
        /// To begin anew in this process.
        case restarting
        /// A sync has failed: whoever supervises the process starts it again.
        case driveLost
    }

    /// - Parameter input: what the process was started with, which is taken from it once the drive is open.
    func run(_ input: StartInput) async throws -> Outcome {
        defer { log.flush() }
        // From the beginning: after a restart the service manager waits for this process already.
        async let _ = watchdog()
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
            return driveLoss.hasHappened ? .driveLost : outcome
        } catch {
            store.close()
            throw error
        }
    }

    /// Tells the service manager, if it asks, that connections are served.
    private func watchdog() async {
        await Watchdog.ofProcess()?.run(systemd) { [running] in await running.turnOfEveryLoop() }
    }

    /// Serves until a signal says stop.
    private func serve(_ store: ObjectStore, _ input: StartInput) async throws -> Outcome {
        let keys = try DriveKeys(
            configuration.keyService, store: store, anchor: configuration.rollbackAnchor, logger: log.logger(.kms))
        let obstacle = try await keys.unlock()
        if let obstacle, configuration.requiresKeyService { throw StartFailure("key service: \(obstacle)") }
        var process = self
        if obstacle == nil { process.configuration = completedConfiguration(input, keys.records) }
        let live = LiveSettings(
            try input.take(), authorities: authorities, runtime: process.configuration.runtime,
            logLevels: log.levels, versionLimit: versionLimit, logger: logger)
        let root = RootAccount(configuration.credentials)
        let accounts = Accounts(
            records: keys.records,
            setting: Accounts.Setting(
                rootAccessKey: { root.accessKey }, admitsRoot: live.runtime.read(\.admitsRoot)))
        let account = ServerAccounts(root: root, accounts: accounts, logger: log.logger(.accounts))
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
        let drive = try SealedDrive(records: keys.records, keys: keys.dataKeys, etags: configuration.etags)
        for (name, corruption) in drive.buckets.damaged {
            logger.error("bucket \(name) has no readable configuration", metadata: ["cause": "\(corruption)"])
        }
        let identity = ServerIdentity(drive)
        let notifier = try openNotifier(drive, identity)
        let observers = try Observers(
            configuration, drive: drive, notifier: notifier, feed: log.feed, identity: identity,
            node: { [running] in running.node }, logger: log.logger(.targets))
        let lifecycle = Lifecycle(
            drive: drive, calendar: configuration.lifecycleCalendar, clock: Clock.milliseconds, pace: live.pace,
            watcher: observers.trace.lifecycleWatcher, logger: log.logger(.background))
        observers.trace.watch(keys.calls)
        observers.trace.watch(store.figures, drive: configuration.drive)
        let survey = UsageSurvey(drive: drive, pace: live.pace)
        let scrub = Scrub(
            drive: drive, cycle: { [runtime = live.runtime] in runtime.read(\.scrubCycle) }, clock: Clock.milliseconds,
            logger: log.logger(.background))
        let sources = metrics(store, keys, drive, notifier, lifecycle, scrub, survey, observers, running)
        // Before anybody can see the server: who saw it may end it.
        let (signals, control) = Signals.stream()
        driveLoss.tell { control.endForLostDrive() }
        let streams = AdminStreams(
            trace: observers.trace, log: log.feed, node: { [running] in running.node }, logger: logger)
        let parts = Parts(
            drive: drive, identity: identity, account: account, notifier: notifier, observers: observers,
            sources: sources, live: live,
            control: control, streams: streams,
            background: Background(lifecycle: lifecycle, scrub: scrub, jobs: try batchJobs(drive, live)),
            providers: try STSService.Providers(configuration.identity, authorities: authorities))
        let (server, console) = try await listen(parts)
        running.hasStarted(server)
        let summary = summary(store, keys, server, account, obstacle)
        summary.print()
        if !systemd.tell(.ready, .status(obstacle == nil ? summary.status : "Serving only what needs no key")) {
            logger.warning("the service manager cannot be told that the server has started")
        }

        // Ending the scope cancels these.
        async let _ = KeyMemoryWatch(logger: logger).run()
        async let _ = keys.run()
        async let _ = StaleUploads(drive: drive, settings: live.runtime, logger: log.logger(.background)).run()
        async let _ = lifecycle.run()
        async let _ = scrub.run()
        async let _ = HistoryUpkeep(drive: drive, pace: live.pace, logger: log.logger(.background)).run()
        async let _ = parts.background.jobs.run()
        async let _ = notifier.run()
        async let _ = observers.run()
        async let _ = account.sweep()
        async let _ = console?.run()
        async let _ = becomeWhole(obstacle, keys, drive.buckets, account, live, status: summary.status)
        let outcome = await handle(signals, server, keys, parts)
        await observers.flush()
        await account.keepUses()
        return outcome
    }

    /// Serves what needs no key until the key service answers, then everything.
    private func becomeWhole(
        _ obstacle: KeyServiceError?, _ keys: DriveKeys, _ buckets: BucketDirectory, _ account: ServerAccounts,
        _ live: LiveSettings, status: String
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
                systemd.tell(.status(status))
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
        options.logger = log.logger(.storage)
        options.versionLimit = { [versionLimit] in versionLimit.current }
        options.onLoss = { [driveLoss] in driveLoss.happened() }
        do {
            return try ObjectStore.open(configuration.drive, options: options)
        } catch {
            let isLost = if case .syncFailed = error { true } else { false }
            throw StartFailure(
                "\(configuration.drive): \(error)", status: isLost ? DriveLoss.exitStatus : StartFailure.usualStatus)
        }
    }

    private func openNotifier(_ drive: SealedDrive, _ identity: ServerIdentity) throws -> Notifier {
        do {
            let notifier = try Notifier(
                configuration.webhooks, events: drive.events, deployment: identity.value, logger: log.logger(.targets))
            try notifier.open(drive.events)
            return notifier
        } catch {
            throw StartFailure("webhooks: \(error)")
        }
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
        _ signals: AsyncStream<Signals>, _ server: HTTPServer, _ keys: DriveKeys, _ parts: Parts
    ) async -> Outcome {
        for await signal in signals {
            switch signal {
            case .reload:
                systemd.tell(.reloading)
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
                if parts.providers.reloadAuthorities(authorities) {
                    logger.notice("the authorities of clients' certificates read again")
                }
                parts.observers.reopen()
                systemd.tell(.ready)
            case .toggleDebug:
                let level = log.levels.toggleDebug()
                logger.notice("lines are logged from level \(level) on")
            case .stop:
                systemd.tell(.stopping, .status("Finishing requests in flight"))
                logger.notice("stopping: no new connections; waiting up to 30 s for requests in flight")
                parts.background.samplings.close()
                await shutDown(server, parts.notifier, parts.observers, grace: .seconds(30))
                return .stopped
            case .driveLost:
                systemd.tell(.stopping, .status("A sync of the drive has failed"))
                logger.critical(
                    "the drive cannot be relied on: ending, to find out at the next start what it holds",
                    metadata: ["exit-status": "\(DriveLoss.exitStatus)"])
                parts.background.samplings.close()
                await shutDown(server, parts.notifier, parts.observers, grace: DriveLoss.grace)
                return .driveLost
            case .restart:
                systemd.tell(.reloading, .status("Beginning anew"))
                logger.notice("restarting: no new connections; waiting up to 10 s for requests in flight")
                parts.background.samplings.close()
                await shutDown(server, parts.notifier, parts.observers, grace: .seconds(10))
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
        observers.records.close()
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
