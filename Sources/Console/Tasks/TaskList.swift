import Accounts
import Cryptography
import JSON
import Requests
import Threading

/// What the server does for its accounts while their pages may be closed; in memory alone.
final class TaskList: Sendable {
    /// Tasks that run at once.
    static let most = 16
    static let mostPerAccessKey = 4
    /// Tasks that are remembered, ended ones among them.
    private static let mostKnown = 1000

    private let tasks = ShortLock<[ConsoleTask]>([])

    /// Begins a task.
    ///
    /// - Parameter work: is cancelled when the task is stopped.
    /// - Returns: what the task is known by.
    /// - Throws: `Busy`.
    func begin(
        _ kind: String, _ signedIn: SignedIn, bucket: String?,
        _ work: @escaping @Sendable (ConsoleTask) async throws -> Void
    ) throws(ConsoleError) -> String {
        let task = ConsoleTask(kind: kind, owner: signedIn.session.accessKey, bucket: bucket)
        let isAdmitted = tasks.withLock { tasks -> Bool in
            let running = tasks.filter(\.isRunning)
            guard running.count < Self.most,
                running.filter({ $0.owner == task.owner }).count < Self.mostPerAccessKey
            else { return false }
            tasks.append(task)
            if tasks.count > Self.mostKnown, let index = tasks.firstIndex(where: { !$0.isRunning }) {
                tasks.remove(at: index)
            }
            return true
        }
        guard isAdmitted else { throw .busy("tasks") }
        task.start(work)
        return task.id
    }

    /// Those of an access key, the latest first.
    func documents(of owner: AccountName) -> [JSONValue] {
        tasks.withLock { $0 }.filter { $0.owner == owner }.reversed().map(\.document)
    }

    /// Stops a task, or forgets one that has ended; false when there is none.
    func remove(_ id: String, of owner: AccountName) -> Bool {
        let found = tasks.withLock { tasks -> ConsoleTask? in
            guard let index = tasks.firstIndex(where: { $0.id == id && $0.owner == owner }) else { return nil }
            return tasks[index].isRunning ? tasks[index] : tasks.remove(at: index)
        }
        found?.stop()
        return found != nil
    }

    /// - Parameter time: milliseconds since 1970.
    func forget(endedBefore time: Int64) {
        tasks.withLock { tasks in tasks.removeAll { ($0.ended ?? .max) < time } }
    }

    func stopAll() {
        for task in tasks.withLock({ $0 }) { task.stop() }
    }
}

/// One task, with what it has done so far.
final class ConsoleTask: Sendable {
    /// Failures that are told one by one.
    private static let mostFailures = 20

    private enum State {
        case running, done, stopped
        case failed(ConsoleError)

        var name: String {
            switch self {
            case .running: "running"
            case .done: "done"
            case .stopped: "stopped"
            case .failed: "failed"
            }
        }
    }

    private struct Progress {
        var state = State.running
        var done = 0
        var total: Int?
        var bytes: Int64 = 0
        var failed = 0
        var failures: [(key: String, code: String, message: String)] = []
        var ended: Int64?
        var handle: Task<Void, Never>?
    }

    /// 32 hexadecimal digits.
    let id = Hex.encode(SecureRandom.bytes(16))
    let owner: AccountName
    private let kind: String
    private let bucket: String?
    private let started = Clock.milliseconds()
    private let progress = ShortLock(Progress())

    init(kind: String, owner: AccountName, bucket: String?) {
        self.kind = kind
        self.owner = owner
        self.bucket = bucket
    }

    var isRunning: Bool { ended == nil }

    /// When it ended: milliseconds since 1970.
    var ended: Int64? { progress.withLock { $0.ended } }

    fileprivate func start(_ work: @escaping @Sendable (ConsoleTask) async throws -> Void) {
        let handle = Task {
            let state: State
            do {
                try await work(self)
                state = .done
            } catch {
                state = Task.isCancelled ? .stopped : .failed(ConsoleError(of: error))
            }
            self.progress.withLock { progress in
                progress.state = state
                progress.ended = Clock.milliseconds()
                progress.handle = nil
            }
        }
        progress.withLock { if $0.ended == nil { $0.handle = handle } }
    }

    func stop() { progress.withLock { $0.handle }?.cancel() }

    // MARK: What is done

    /// - Parameter total: of everything; nil while that is not known.
    func expect(_ total: Int?) { progress.withLock { $0.total = total } }

    func note(done count: Int, bytes: Int64 = 0) {
        progress.withLock { progress in
            progress.done += count
            progress.bytes += bytes
        }
    }

    func note(failureOf key: String, _ code: String, _ message: String) {
        progress.withLock { progress in
            progress.failed += 1
            if progress.failures.count < Self.mostFailures { progress.failures.append((key, code, message)) }
        }
    }

    func set(done: Int, total: Int) {
        progress.withLock { progress in
            progress.done = done
            progress.total = total
        }
    }

    var document: JSONValue {
        let progress = progress.withLock { $0 }
        var document = JSONObject(["id": .string(id), "kind": .string(kind)])
        document["bucket"] = bucket.map { .string($0) }
        document["state"] = .string(progress.state.name)
        document["done"] = .integer(progress.done)
        document["total"] = progress.total.map { .integer($0) }
        document["bytes"] = .integer(progress.bytes)
        document["failed"] = .integer(progress.failed)
        document["failures"] = .array(
            progress.failures.map { failure in
                .object([
                    "key": .string(failure.key), "code": .string(failure.code), "message": .string(failure.message),
                ])
            })
        document["started"] = .time(started)
        document["ended"] = progress.ended.map { .time($0) }
        if case .failed(let error) = progress.state {
            document["error"] = .object(["code": .string(error.code), "message": .string(error.message)])
        }
        return document.value
    }
}
