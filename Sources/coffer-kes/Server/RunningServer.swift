import KESService
import KeyStores

/// What serves now, and what is about to.
struct RunningServer {
    private(set) var setup: ServerSetup
    private(set) var vault: KeyVault
    let listeners: Listeners
    let service: KESService
    let probe: ReadinessProbe
    private let watch: CertificateWatch
    let memory: LockedMemory
    private var vaultTask: Task<Void, Never>

    /// The attempt under way to open a key store, and how many there were.
    var opening: Task<Void, Never>?
    var attempt = 0
    /// The configuration that the attempt is for; `nil`: the one that is in force already.
    var candidate: ServerSetup?
    /// Whether there was no key store so far.
    var isWaitingForStore = false
    var delays = RetryDelays()

    init(
        setup: ServerSetup, vault: KeyVault, listeners: Listeners, service: KESService, probe: ReadinessProbe,
        watch: CertificateWatch, memory: LockedMemory
    ) {
        self.setup = setup
        self.vault = vault
        self.listeners = listeners
        self.service = service
        self.probe = probe
        self.watch = watch
        self.memory = memory
        vaultTask = Task { await vault.run() }
    }

    var banner: Banner {
        Banner(setup: setup, listeners: listeners, storeTitle: vault.store.title, memory: memory)
    }

    /// Serves with another configuration and another key store from now on; requests in flight keep theirs.
    mutating func replace(_ setup: ServerSetup, _ vault: KeyVault) {
        self.vault.handOn(to: vault)
        service.reload(setup.settings(vault, watch))
        probe.replace(vault)
        vaultTask.cancel()
        vaultTask = Task { await vault.run() }
        self.setup = setup
        self.vault = vault
        isWaitingForStore = false
        delays = RetryDelays()
    }

    func stop() { vaultTask.cancel() }

    func warnOfFixedAddresses(_ new: ServerSetup, _ options: ServerOptions) {
        let (old, new) = (setup.configuration, new.configuration)
        if options.address == nil, old.address != new.address {
            Console.warn("WARNING: the address to listen on changes with the next start only")
        }
        if old.healthAddress != new.healthAddress {
            Console.warn("WARNING: the address of the health listener changes with the next start only")
        }
    }
}

/// One second, then twice as long each time, at most half a minute.
struct RetryDelays {
    private var seconds = 1

    mutating func next() -> Duration {
        defer { seconds = min(2 * seconds, 30) }
        return .seconds(seconds)
    }
}
