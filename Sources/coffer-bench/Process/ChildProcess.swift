import Glibc
import Synchronization

/// A started program; killed, if it still runs, when nothing refers to it any more.
final class ChildProcess: Sendable {
    let id: pid_t
    private let hasEnded = Mutex(false)

    /// Starts `path` with its output appended to the file `log`.
    ///
    /// - Parameter environment: names and values put over those of this process.
    init(_ path: String, _ arguments: [String], environment: [String: String] = [:], log: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)

        var variables = currentEnvironment()
        variables.merge(environment) { $1 }
        var argv = ([path] + arguments).map { strdup($0) } + [nil]
        var envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var id = pid_t()
        let result = posix_spawn(&id, path, &actions, nil, &argv, &envp)
        guard result == 0 else { throw BenchError("cannot start \(path): \(String(cString: strerror(result)))") }
        self.id = id
    }

    deinit { stop(signal: SIGKILL) }

    /// Whether it has ended by itself.
    var isRunning: Bool {
        hasEnded.withLock { ended in
            if !ended, waitpid(id, nil, WNOHANG) == id { ended = true }
            return !ended
        }
    }

    /// Asks it to end, waits up to `seconds`, then kills it.
    func stop(signal: Int32 = SIGTERM, seconds: Int = 40) {
        guard isRunning else { return }
        kill(id, signal)
        for _ in 0..<(seconds * 100) {
            guard isRunning else { return }
            usleep(10_000)
        }
        kill(id, SIGKILL)
        while isRunning { usleep(10_000) }
    }
}

/// This process's variables, without those that would configure the server behind the benchmark's back.
private func currentEnvironment() -> [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
        let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, !parts[0].hasPrefix("MINIO_"), !parts[0].hasPrefix("COFFER_") {
            variables[String(parts[0])] = String(parts[1])
        }
        entry += 1
    }
    return variables
}
