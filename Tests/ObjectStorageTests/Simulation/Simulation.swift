import Glibc
import ObjectStorage
import Synchronization
import TestSupport

/// A store without threads, its clients, its clock and its drive, of which one seed decides every step.
///
/// What happens next is drawn: a client goes on, the committer takes some of the changes that wait, the unlinker makes a pass,
/// a file is written, time goes by, a sync fails. At the gaps that ``FaultPoint`` names clients go on, too, as they would
/// beside the store's threads, or the process is killed: then a store is opened on a copy of the drive, and held to what was
/// acknowledged.
///
/// Unchecked: all of it runs on one thread. Identifiers have random bits, which decide nothing.
final class Simulation: @unchecked Sendable {
    struct Plan {
        var clients = 4
        var operations = 10
        /// Starts of the store; each but the last ends with a kill.
        var runs = 2
        /// Whether syncs may fail.
        var hasFaults = false
    }

    private(set) var store: ObjectStore
    private(set) var bucket = BucketID(rawValue: 0)
    private(set) var isOver = false
    /// What a promise was broken by.
    private(set) var failures: [String] = []

    private let plan: Plan
    private let directory: TemporaryDirectory
    private let executor = SeededExecutor()
    private var generator: SeededGenerator
    private var ledgers: [String: SimulatedLedger]
    private var tick = 0
    private var lastNumber = 0
    private var run = 0
    /// Whether clients are at work: nobody is killed while what is left is looked at.
    private var mayCrash = false

    // Of the store's hooks: they may be called before this is whole.
    private let surroundings: Surroundings

    /// - Parameter drive: the directory of a closed drive with one bucket; it is copied.
    init(seed: UInt64, drive: String, plan: Plan) throws {
        self.plan = plan
        generator = SeededGenerator(seed: seed)
        directory = try TemporaryDirectory(inMemory: true)
        ledgers = Dictionary(uniqueKeysWithValues: SimulatedClient.keys.map { ($0, SimulatedLedger()) })
        surroundings = Surroundings()
        try copyTree(drive, to: "\(directory.path)/run-0")
        store = try ObjectStore.open("\(directory.path)/run-0", options: surroundings.options)
        bucket = try store.buckets()[0].id
        surroundings.pass = { [unowned self] in pass($0) }
    }

    /// Goes through the plan; ``failures`` says what went wrong.
    func play() throws {
        while true {
            let isLast = run == plan.runs - 1
            let clients = startClients()
            mayCrash = !isLast
            var left = isLast ? Int.max : 20 + random(400)
            while clients.running > 0, failures.isEmpty, left > 0, !surroundings.hasCrashed {
                step()
                left -= 1
            }
            mayCrash = false
            guard failures.isEmpty, !isLast else { break }
            try crash()
        }
        if failures.isEmpty { try judge() }
        end()
    }

    /// What was drawn: the same for the same seed.
    var summary: String {
        let values = ledgers.sorted { $0.key < $1.key }.map { "\($0.value.allowed.compactMap { $0 }.sorted())" }
        return "\(tick) ticks, \(lastNumber) numbers, \(generator), \(values)"
    }

    // MARK: Steps

    private final class Clients: Sendable {
        let count: Atomic<Int>
        init(_ count: Int) { self.count = Atomic(count) }
        var running: Int { count.load(ordering: .relaxed) }
    }

    private func startClients() -> Clients {
        let clients = Clients(plan.clients)
        for _ in 0..<plan.clients {
            let client = SimulatedClient(simulation: self, operations: plan.operations)
            Task(executorPreference: executor) {
                await client.run()
                clients.count.subtract(1, ordering: .relaxed)
            }
        }
        return clients
    }

    private func step() {
        tick += 1
        switch random(100) {
        case ..<55: runJob()
        case ..<75: store.step(.committer(batch: 1 + random(6)))
        case ..<85: store.step(.files)
        case ..<87: store.step(.scans)
        case ..<96: store.step(.unlinker)
        case ..<98: surroundings.letTimePass(milliseconds: Int64(random(2) == 0 ? random(1000) : random(3 * 3_600_000)))
        default:
            if plan.hasFaults, random(20) == 0 { surroundings.syncFails = true }
            surroundings.stepWallClock(seconds: Int64(random(7)) - 3)
        }
    }

    private func runJob() {
        let count = executor.count
        if count > 0 { executor.run(random(count)) }
    }

    /// A gap between two steps of the store's: others go on, or everything ends.
    private func pass(_ point: FaultPoint) {
        guard !isOver, !surroundings.hasCrashed, point != .blobCreated, point != .blobWritten, point != .blobSynced
        else {
            return
        }
        tick += 1
        if point == .transactionBegun, surroundings.hasLost { fail("a transaction was begun after a failed sync") }
        if mayCrash, random(150) == 0 {
            do {
                try copyTree("\(directory.path)/run-\(run)", to: "\(directory.path)/run-\(run + 1)")
                surroundings.hasCrashed = true
            } catch { fail("\(error)") }
            return
        }
        for _ in 0..<random(4) { runJob() }
        // A drive is written by one committer, and while it is at a batch only further changes can be asked for.
        if point.isOfUnlinking, random(2) == 0 { store.step(.committer(batch: 1 + random(3))) }
    }

    // MARK: Ends

    /// Kills the process, and begins with what it has left.
    private func crash() throws {
        let next = "\(directory.path)/run-\(run + 1)"
        if !surroundings.hasCrashed { try copyTree("\(directory.path)/run-\(run)", to: next) }
        end()
        run += 1
        surroundings.begin()
        store = try ObjectStore.open(next, options: surroundings.options)
        isOver = false
        try judge()
    }

    /// Lets everybody who still waits have an answer, and forgets it.
    private func end() {
        isOver = true
        surroundings.isQuiet = true
        store.close()
        while executor.count > 0 { executor.run(0) }
    }

    /// Holds the store to everything that it has acknowledged; nobody else is at work.
    private func judge() throws {
        settle()
        for (key, ledger) in ledgers.sorted(by: { $0.key < $1.key }) {
            let found = try store.findAtHand(bucket, key: key, .body)
            defer { found?.lease?.release() }
            let value = found.flatMap { SimulatedClient.value(of: $0.version.sealed) }
            guard ledger.allowed.contains(value) else {
                fail("\(key) has \(value.map(String.init) ?? "nothing"), and may have \(ledger.allowed)")
                continue
            }
            if let found, let value {
                do { try SimulatedClient.check(found, value, in: store) } catch {
                    fail("\(key) with value \(value) cannot be read: \(error)")
                }
            }
            ledgers[key]?.settle(value)
        }
        settle()
        // What is left where nothing can be written any more, the next start removes.
        guard !surroundings.syncFails else { return }
        let report = try finish { [store] in try await store.verifyNoOrphans() }
        if !report.isClean { fail("\(report)") }
        if try finish({ [store] in try await store.backlog() }).garbage > 0 { fail("garbage is left") }
    }

    /// Until nobody has anything to do.
    private func settle() {
        for _ in 0..<50 {
            var didWork = executor.count > 0
            while executor.count > 0 { executor.run(0) }
            while store.step(.files) { didWork = true }
            while store.step(.scans) { didWork = true }
            while store.step(.committer(batch: 1000)) { didWork = true }
            if store.step(.unlinker) { didWork = true }
            if !didWork { return }
        }
    }

    private func finish<R: Sendable>(_ work: @escaping @Sendable () async throws -> R) throws -> R {
        let answer = Answer<R>()
        Task(executorPreference: executor) {
            let result: Result<R, any Error>
            do { result = .success(try await work()) } catch { result = .failure(error) }
            answer.value.withLock { $0 = result }
        }
        while true {
            settle()
            if let result = answer.value.withLock({ $0 }) { return try result.get() }
        }
    }

    private final class Answer<R: Sendable>: Sendable {
        let value = Mutex<Result<R, any Error>?>(nil)
    }

    // MARK: What clients ask for

    func random(_ bound: Int) -> Int { Int(generator.next() % UInt64(max(1, bound))) }

    func pick<Element>(_ elements: [Element]) -> Element { elements[random(elements.count)] }

    func newValue() -> Int {
        lastNumber += 1
        return lastNumber
    }

    func begin(_ key: String, _ value: Int?) -> Int {
        lastNumber += 1
        tick += 1
        ledgers[key]?.begin(lastNumber, value, at: tick)
        return lastNumber
    }

    func acknowledge(_ key: String, _ number: Int) {
        guard !isOver, !surroundings.hasCrashed else { return }
        tick += 1
        ledgers[key]?.acknowledge(number, at: tick)
    }

    func withdraw(_ key: String, _ number: Int) {
        guard !isOver, !surroundings.hasCrashed else { return }
        ledgers[key]?.withdraw(number)
    }

    /// Whether a client may meet the error.
    func note(_ error: StorageError) {
        guard !isOver, !surroundings.hasCrashed else { return }
        switch error {
        case .overloaded, .closed, .partsChanged, .noSuchBlob: return
        default: if !surroundings.hasLost { fail("a client has met: \(error)") }
        }
    }

    func fail(_ what: String) { failures.append("run \(run), tick \(tick): \(what)") }
}

extension FaultPoint {
    fileprivate var isOfUnlinking: Bool {
        switch self {
        case .garbageUnlinked, .garbageDirectoriesSynced, .garbageForgotten, .uploadsSwept: true
        case .blobCreated, .blobWritten, .blobSynced, .transactionBegun, .rowsWritten, .directoriesSynced, .committed,
            .recoveryUnlinked, .logRewritten, .logCopied:
            false
        }
    }
}
