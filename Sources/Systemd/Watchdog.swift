import Glibc

/// How often the service manager wants to hear that the service is alive, else it ends it and starts it anew
/// (sd_watchdog_enabled(3)).
package struct Watchdog: Sendable {
    /// Half of the time after which it gives up.
    package let interval: Duration

    /// `nil` unless the manager waits for this process.
    ///
    /// - Parameters:
    ///   - microseconds: The value of `WATCHDOG_USEC`.
    ///   - process: The value of `WATCHDOG_PID`; `nil`: whoever reads it.
    package init?(microseconds: String?, process: String?) {
        guard let count = microseconds.flatMap({ Int64($0) }), count > 0 else { return nil }
        if let process, Int64(process) != Int64(getpid()) { return nil }
        interval = .microseconds(max(count / 2, 1))
    }

    /// That of this process.
    package static func ofProcess() -> Watchdog? {
        func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        return Watchdog(microseconds: variable("WATCHDOG_USEC"), process: variable("WATCHDOG_PID"))
    }

    /// Says that the service is alive, each time that `proof` has returned, until its task is cancelled.
    ///
    /// - Parameter proof: Returns when what has to work works. While it does not return, nothing is said.
    package func run(_ notifier: SystemdNotifier, proof: @Sendable () async -> Void) async {
        while !Task.isCancelled {
            await proof()
            notifier.tell(.alive)
            guard (try? await Task.sleep(for: interval)) != nil else { return }
        }
    }
}
