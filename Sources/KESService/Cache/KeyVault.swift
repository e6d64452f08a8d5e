package import Cryptography
import Glibc
package import KESProtocol
package import KeyManagement
package import KeyStores
package import Logging
import Threading

/// The master keys that a server works with: a key store, and in front of it what is in memory.
///
/// Every route that has to do with keys calls here. Failures come as the client sees them; what caused them is logged.
///
/// ``cached(_:)`` never waits. On a miss, one call reads the key however many ask for it, and different names never wait
/// for each other. What does not exist is asked for again each time. When the store fails, keys that have expired lately
/// go on to serve (``CacheExpiry/offline``).
///
/// A change of a key and what it does to memory are one step, also where the store answers too late or its answer is not
/// known. What was read before a change never enters memory after it (``KeyGenerations``).
package final class KeyVault: Sendable {
    /// Nanoseconds since some moment, never set back.
    package typealias Clock = @Sendable () -> Int64
    /// A number from 0 up to 1, anew for each key that is read.
    package typealias Spread = @Sendable () -> Double

    /// How long a store may take for one call; a little less than clients have patience.
    package static let storeTimeout = Duration.seconds(14)
    /// How often ``run()`` asks the store whether it works.
    package static let statusInterval = Duration.seconds(10)
    /// How often it asks while the store does not work; up to a half is taken off at random.
    private static let outageInterval = Duration.seconds(2)

    package let store: any KeyStore
    let logger: Logger
    let now: Clock
    let timeout: Duration
    let metrics: StoreMetrics
    /// The part of `any` by which a key's life in memory is shortened, so that keys read together do not expire together.
    let spread: Spread
    private let expiry: CacheExpiry
    let state: ShortLock<State>

    struct State {
        var cache: KeyCache
        var generations = KeyGenerations()
        var flights: [KeyName: Flight] = [:]
        var lastFlight: UInt64 = 0
        /// Serves in this vault's place, which has changes under way still.
        var successor: KeyVault?
    }

    /// A reading of a key that is under way.
    struct Flight {
        let number: UInt64
        let task: Task<Result<MasterKey, KESFault>, Never>
    }

    /// - Parameters:
    ///   - store: Where the keys are.
    ///   - expiry: How long they stay in memory.
    ///   - capacity: The most keys in memory.
    ///   - timeout: How long the store may take for one call.
    ///   - metrics: What counts the calls to the store.
    ///   - clock: The clock of the expiry; another one in tests.
    ///   - spread: By which part of `any` keys expire sooner; another one in tests.
    ///   - logger: For the causes of failures.
    package init(
        store: any KeyStore, expiry: CacheExpiry = CacheExpiry(), capacity: Int = 100_000,
        timeout: Duration = KeyVault.storeTimeout, metrics: StoreMetrics = StoreMetrics(),
        clock: @escaping Clock = KeyVault.systemClock, spread: @escaping Spread = KeyVault.randomSpread, logger: Logger
    ) {
        self.store = store
        self.expiry = expiry
        self.timeout = timeout
        self.metrics = metrics
        self.spread = spread
        self.logger = logger
        now = clock
        state = ShortLock(State(cache: KeyCache(expiry: expiry, capacity: capacity, now: clock())))
    }

    /// The time since the machine was started, while it slept included.
    package static let systemClock: Clock = {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Up to a tenth.
    package static let randomSpread: Spread = { .random(in: 0..<0.1) }

    // MARK: Reading

    /// The key if it is in memory and may serve; counts as a use.
    ///
    /// Never waits and never asks the store.
    package func cached(_ name: KeyName) -> MasterKey? {
        let now = now()
        return state.withLock { $0.cache.use(name, now: now) }
    }

    /// The key from memory, or from the store.
    package func key(_ name: KeyName) async throws(KESFault) -> MasterKey {
        if let key = cached(name) { return key }
        return try await load(name)
    }

    /// Opens a ciphertext if its key is in memory; `nil` when ``open(_:under:context:)`` has to ask the store.
    package func openCached(
        _ ciphertext: [UInt8], under name: KeyName, context: [UInt8]
    ) throws(KESFault) -> [UInt8]? {
        guard let key = cached(name) else { return nil }
        do throws(MasterKey.OpeningFailure) { return try key.open(ciphertext, context: context) } catch {
            switch error {
            case .notAuthentic: throw .notAuthentic
            case .unknownVersion: return nil
            }
        }
    }

    /// Opens a ciphertext.
    ///
    /// One that names a version which this copy of the key lacks has it read again: another server may have rotated the
    /// key. That is done at most once a second, and whoever comes sooner waits for the rest of it.
    package func open(
        _ ciphertext: [UInt8], under name: KeyName, context: [UInt8]
    ) async throws(KESFault) -> [UInt8] {
        let known = try await key(name)
        do throws(MasterKey.OpeningFailure) { return try known.open(ciphertext, context: context) } catch {
            guard case .unknownVersion = error else { throw .notAuthentic }
        }
        let successor = try await reloaded(name, after: known)
        do throws(MasterKey.OpeningFailure) { return try successor.open(ciphertext, context: context) } catch {
            throw .notAuthentic
        }
    }

    /// The names that a pattern asks for, and the pattern for the rest (empty when there is none).
    ///
    /// The store is asked for as many pages as one answer takes.
    package func list(_ pattern: ListPattern) async throws(KESFault) -> (names: [String], continueAt: String) {
        var names: [String] = []
        var byteCount = 0
        do throws(KeyStoreError) {
            while true {
                let last = names.last ?? pattern.lastName
                let page = try await ask(.list) { [store] () throws(KeyStoreError) in
                    try await store.list(prefix: pattern.prefix, after: last, limit: Self.listingPageSize)
                }
                names += page.names
                byteCount += page.names.reduce(0) { $0 + ListPattern.byteCount(of: $1) }
                // A store whose pages are empty and not the last would be asked for ever.
                guard !page.isLast, !page.names.isEmpty, byteCount <= ListPattern.pageByteLimit else { break }
            }
        } catch {
            throw failed("list keys", error, .keyListingFailed)
        }
        return pattern.page(of: names)
    }

    // MARK: Life cycle

    /// Makes a key of random bytes.
    package func create(_ name: KeyName, by identity: String) async throws(KESFault) {
        try await add(MasterKey(createdAt: .now, createdBy: identity), name)
    }

    /// Adds a key whose bytes are given.
    package func importKey(
        _ name: KeyName, _ key: SecretKey, cipher: MasterKeyCipher, by identity: String
    ) async throws(KESFault) {
        try await add(MasterKey(key: key, cipher: cipher, createdAt: .now, createdBy: identity), name)
    }

    /// Removes a key from the store and from memory; other servers keep it until it expires there.
    package func delete(_ name: KeyName) async throws(KESFault) {
        do throws(KeyStoreError) {
            try await change(name, .deletion) { (store) throws(KeyStoreError) in try await store.delete(name) }
        } catch {
            throw failed("delete the key", name, error, error == .keyNotFound ? .keyNotFound : .keyDeletionFailed)
        }
    }

    /// Adds a version to a key and seals with it from now on; the key with it.
    ///
    /// However many rotate a key at once, on however many servers, each adds a version.
    package func rotate(_ name: KeyName, by identity: String) async throws(KESFault) -> MasterKey {
        let replacing: any ReplacingKeyStore
        do throws(KeyStoreError) { replacing = try store.replacing() } catch {
            throw failed("rotate the key", name, error, .keyRotationFailed)
        }
        for _ in 0..<Self.maximumRotationAttempts {
            let generation = state.withLock { $0.generations[name] }
            let old: SecretBytes
            do throws(KESFault) { old = try await value(name, .keyRotationFailed) } catch {
                if error == .keyNotFound { forget(name, ifUnchangedSince: generation) }
                throw error
            }
            let key: MasterKey
            let new: SecretBytes
            do throws(StoredKeyError) {
                new = try MasterKey.rotated(storedValue: old, createdAt: .now, createdBy: identity)
                let rotated = try MasterKey(storedValue: new)
                key = state.withLock { $0.cache.counted(rotated, name) }
            } catch {
                log("rotate the key", name, "\(error)")
                throw error == .tooManyVersions ? .tooManyKeyVersions : .keyReadFailed
            }
            do throws(KeyStoreError) {
                try await change(name, .rotation(key, generation)) { (_) throws(KeyStoreError) in
                    try await replacing.replace(name, old, with: new)
                }
                return key
            } catch {
                guard error != .keyChanged else { continue }
                throw failed("rotate the key", name, error, error == .keyNotFound ? .keyNotFound : .keyRotationFailed)
            }
        }
        throw .keyChanged
    }

    /// Tells another vault on the same keys of every change that ends from now on.
    ///
    /// To be called before the other one serves. Without it, a change that began here would leave in the other one's memory
    /// what it had read before.
    package func handOn(to successor: KeyVault) {
        state.withLock { $0.successor = successor }
    }

    /// Forgets every key in memory.
    package func removeAll() {
        state.withLock { state in
            state.flights.removeAll()
            state.generations.advanceAll()
            state.cache.removeAll()
        }
    }

    /// Forgets what can no longer serve.
    package func removeExpired() {
        let now = now()
        var position = Int.max
        // In pieces, because others wait for the lock meanwhile.
        repeat {
            position = state.withLock { $0.cache.removeExpired(below: position, limit: 512, now: now) }
        } while position > 0
    }

    /// How the store has failed since it answered last; `nil` when it has not.
    package var outage: KeyStoreError? { state.withLock { $0.cache.outage } }

    /// How many keys are in memory, expired ones included.
    package var count: Int { state.withLock { $0.cache.count } }

    /// Keeps the store usable, asks it every ten seconds whether it works, or every other second while it does not, and
    /// forgets what has expired, until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.store.run() }
            group.addTask {
                while !Task.isCancelled {
                    await self.checkStore()
                    // At random, so that servers which lost their store together do not come back to it together.
                    let pause =
                        self.outage == nil
                        ? Self.statusInterval : Self.outageInterval * Double.random(in: 0.5...1)
                    do { try await Task.sleep(for: pause) } catch { return }
                }
            }
            group.addTask {
                let pause = min(max(min(self.expiry.unused, self.expiry.any) / 2, .milliseconds(100)), .seconds(10))
                while !Task.isCancelled {
                    do { try await Task.sleep(for: pause) } catch { return }
                    self.removeExpired()
                }
            }
        }
    }

    /// How many names the store is asked for at once; most answers need no second page.
    private static let listingPageSize = 50_000
    private static let maximumRotationAttempts = 100
    private static let minimumReloadInterval: Int64 = 1_000_000_000

    private func reloaded(_ name: KeyName, after known: MasterKey) async throws(KESFault) -> MasterKey {
        let wait = timeUntilReload(name)
        if wait > .zero { try? await Task.sleep(for: wait) }
        // Another of those who waited may have read it already.
        if wait > .zero, let reread = cached(name), reread !== known { return reread }
        return try await load(name)
    }

    private func timeUntilReload(_ name: KeyName) -> Duration {
        let now = now()
        let loaded = state.withLock { $0.cache.loaded(name) }
        return .nanoseconds(max(0, (loaded ?? .min / 2) + Self.minimumReloadInterval - now))
    }

    private func add(_ key: MasterKey, _ name: KeyName) async throws(KESFault) {
        let value = key.storedValue
        do throws(KeyStoreError) {
            try await change(name, .creation) { (store) throws(KeyStoreError) in
                try await store.create(name, value)
            }
        } catch {
            throw failed("create the key", name, error, Self.creationFault(error))
        }
    }

    private static func creationFault(_ error: KeyStoreError) -> KESFault {
        switch error {
        case .keyExists: .keyExists
        case .nameNotAllowed(let cause): .keyNameNotAllowed(cause)
        case .keyNotFound, .keyChanged, .corrupt, .notAuthorized, .unavailable, .unreachable, .cancelled:
            .keyCreationFailed
        }
    }
}
