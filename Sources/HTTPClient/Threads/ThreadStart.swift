import CLinux
import Glibc

/// The body of a thread of the system on its way into the thread.
final class ThreadStart: Sendable {
    private let name: String
    private let body: @Sendable () -> Void

    private init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }

    /// Starts a thread that nobody waits for; false when the system has none to give.
    ///
    /// It blocks SIGPIPE, which libcurl leaves to its caller.
    static func detached(name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        var handle = pthread_t()
        let context = Unmanaged.passRetained(ThreadStart(name: name, body: body))
        let status = pthread_create(
            &handle, nil,
            { context in
                guard let context else { return nil }
                let start = Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
                coffer_name_thread(start.name)
                var signals = sigset_t()
                sigemptyset(&signals)
                sigaddset(&signals, SIGPIPE)
                pthread_sigmask(SIG_BLOCK, &signals, nil)
                start.body()
                return nil
            }, context.toOpaque())
        guard status == 0 else {
            context.release()
            return false
        }
        pthread_detach(handle)
        return true
    }
}
