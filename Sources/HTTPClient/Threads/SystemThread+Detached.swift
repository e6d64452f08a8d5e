import Glibc
import Threading

extension SystemThread {
    /// Starts a thread that nobody waits for; false when the system has none to give.
    ///
    /// It blocks SIGPIPE, which libcurl leaves to its caller.
    static func detached(name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        do throws(SystemThreadError) {
            _ = try SystemThread(name: name) {
                var signals = sigset_t()
                sigemptyset(&signals)
                sigaddset(&signals, SIGPIPE)
                pthread_sigmask(SIG_BLOCK, &signals, nil)
                body()
            }
            return true
        } catch { return false }
    }
}
