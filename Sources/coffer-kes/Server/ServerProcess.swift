import Cryptography
import Glibc
import HTTPServer
import KESService
import KeyStores
import Logging
import Systemd

/// The composition root of the key server: opens what a request needs, and changes it while the server runs.
///
/// All changes happen one after the other, in ``run()``: signals, the timer, and the ends of attempts to open a key store
/// are events of one stream.
final class ServerProcess {
    private let options: ServerOptions
    private let environment = ProcessEnvironment.variables()
    private let logs = KESLogs()
    private let logger: Logger
    private let storeMetrics = StoreMetrics()
    private let watch: CertificateWatch
    private let events = ServerEvents(upkeepEvery: 15 * 60)
    private let systemd = SystemdNotifier.ofProcess()

    init(_ options: ServerOptions) {
        self.options = options
        logger = logs.logger("coffer-kes")
        watch = CertificateWatch(logger: logger)
    }

    func run() async throws(StartFailure) {
        ProcessSettings.apply()
        do throws(AlgorithmUnavailable) {
            try FetchedAlgorithms.require(digests: [.sha256], ciphers: AEADAlgorithm.allCases)
        } catch {
            throw StartFailure("\(error)")
        }
        let setup = try ServerSetup.load(options, environment: environment)
        let memory = LockedMemory.lockAll()
        if case .unlocked(let reason) = memory {
            Console.warn("WARNING: keys may be written to the swap space, memory cannot be locked: \(reason)")
        }
        let (vault, failure) = try await firstVault(setup)
        let probe = ReadinessProbe(vault)
        let service = KESService(setup.settings(vault, watch), logs: logs)
        let address = options.address ?? setup.configuration.address ?? KESConfiguration.defaultAddress
        let listeners = try await Listeners.start(
            setup, address: address, service: service, probe: probe, watch: watch, logger: logger)
        var running = RunningServer(
            setup: setup, vault: vault, listeners: listeners, service: service, probe: probe, watch: watch,
            memory: memory)
        running.banner.print()
        Console.say("=> Server is up and running...")
        if !systemd.tell(.ready, .status(Self.status(running))) {
            logger.warning("the service manager cannot be told that the server has started")
        }
        let watchdog = Task { [systemd] in
            await Watchdog.ofProcess()?.run(systemd) { await listeners.clients.turnOfEveryLoop() }
        }
        defer { watchdog.cancel() }
        if let failure { retry(&running, after: failure) }

        for await event in events.stream {
            if case .stop = event { break }
            handle(event, &running)
        }
        systemd.tell(.stopping)
        running.opening?.cancel()
        logs.endStreams()
        await running.listeners.shutdown()
        running.stop()
        logs.flush()
        Console.say("=> Stopping server... Goodbye.")
    }

    private func handle(_ event: ServerEvent, _ running: inout RunningServer) {
        switch event {
        case .stop: break
        case .reload: beginReload(&running)
        case .upkeep: replaceTLS(running)
        case .opened(let attempt, let result):
            guard attempt == running.attempt else { return }
            finish(result, &running)
        }
    }

    /// One line, for the service manager.
    private static func status(_ running: RunningServer) -> String {
        running.isWaitingForStore
            ? "The key store cannot be opened; trying again" : "Serving keys of \(running.vault.store.title)"
    }

    // MARK: Key stores

    /// A vault on the key store, or on none with the reason.
    private func firstVault(
        _ setup: ServerSetup
    ) async throws(StartFailure) -> (KeyVault, KeyStoreOpening.Failure?) {
        do throws(KeyStoreOpening.Failure) {
            return (
                try await KeyStoreOpening.vault(setup.configuration, metrics: storeMetrics, logger: logger), nil
            )
        } catch {
            switch error {
            case .store where !options.failsFast:
                let vault = KeyStoreOpening.pendingVault(
                    setup.configuration, error, metrics: storeMetrics, logger: logger)
                return (vault, error)
            case .store, .configuration: throw StartFailure("\(error)")
            }
        }
    }

    /// Opens the key store of `setup` on a task of its own, after `delay`; what comes of it is an event.
    private func open(_ setup: ServerSetup, after delay: Duration, _ running: inout RunningServer) {
        running.opening?.cancel()
        running.attempt += 1
        let attempt = running.attempt
        running.opening = Task { [logger, storeMetrics, continuation = events.continuation] in
            guard (try? await Task.sleep(for: delay)) != nil else { return }
            let result: Result<KeyVault, KeyStoreOpening.Failure>
            do throws(KeyStoreOpening.Failure) {
                result = .success(
                    try await KeyStoreOpening.vault(setup.configuration, metrics: storeMetrics, logger: logger))
            } catch {
                result = .failure(error)
            }
            continuation.yield(.opened(attempt: attempt, result))
        }
    }

    private func retry(_ running: inout RunningServer, after failure: KeyStoreOpening.Failure) {
        let delay = running.delays.next()
        logger.warning("the key store cannot be opened, trying again in \(delay): \(failure)")
        running.isWaitingForStore = true
        systemd.tell(.status(Self.status(running)))
        open(running.setup, after: delay, &running)
    }

    private func finish(_ result: Result<KeyVault, KeyStoreOpening.Failure>, _ running: inout RunningServer) {
        let candidate = running.candidate
        running.candidate = nil
        switch (result, candidate) {
        case (.success(let vault), nil):
            running.replace(running.setup, vault)
            logger.notice("the key store is open: \(vault.store.title)")
            systemd.tell(.status(Self.status(running)))
        case (.failure(let failure), nil): retry(&running, after: failure)
        case (.success(let vault), .some(let setup)):
            do throws(StartFailure) {
                try running.listeners.replaceTLS(setup)
                running.replace(setup, vault)
                running.banner.print()
                Console.say("=> Reloading configuration after SIGHUP signal completed.")
                systemd.tell(.ready, .status(Self.status(running)))
            } catch {
                reloadFailed(error, &running)
            }
        case (.failure(let failure), .some): reloadFailed(StartFailure("\(failure)"), &running)
        }
    }

    // MARK: Reloading

    private func beginReload(_ running: inout RunningServer) {
        Console.warn("SIGHUP signal received. Reloading configuration...")
        guard case .file = options.source else {
            return Console.warn("Failed to reload server config: there is no file in development mode")
        }
        systemd.tell(.reloading)
        do throws(StartFailure) {
            let setup = try ServerSetup.load(options, environment: environment)
            running.warnOfFixedAddresses(setup, options)
            running.candidate = setup
            open(setup, after: .zero, &running)
        } catch {
            reloadFailed(error, &running)
        }
    }

    /// The old state stays; an attempt that was given up for the reload begins again.
    private func reloadFailed(_ failure: StartFailure, _ running: inout RunningServer) {
        Console.warn("Failed to reload server config: \(failure)", .error)
        systemd.tell(.ready)
        running.candidate = nil
        if running.isWaitingForStore { open(running.setup, after: running.delays.next(), &running) }
    }

    /// Reads the file and the certificates again, and takes nothing but those.
    private func replaceTLS(_ running: RunningServer) {
        watch.warn()
        guard case .file = options.source else { return }
        do throws(StartFailure) {
            let setup = try ServerSetup.load(options, environment: environment)
            try running.listeners.replaceTLS(setup)
        } catch {
            logger.error("the TLS settings cannot be read again, the old ones stay: \(error)")
        }
    }
}
