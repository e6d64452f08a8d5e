import CLinux
import Glibc
import Synchronization

/// A thread of the system for work that blocks; the shared pool of tasks has one thread a core and must not.
final class BlockingThread: Sendable {
    private let thread: Mutex<pthread_t?>

    /// Starts the thread.
    ///
    /// The name is cut to the 15 bytes that the kernel shows.
    init(name: String, _ body: @escaping @Sendable () -> Void) throws(StorageError) {
        let start = ThreadStart(name: String(name.prefix(15)), body: body)
        var handle = pthread_t()
        let context = Unmanaged.passRetained(start)
        let status = pthread_create(
            &handle, nil,
            { context in
                guard let context else { return nil }
                let start = Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
                coffer_name_thread(start.name)
                start.body()
                return nil
            }, context.toOpaque())
        guard status == 0 else {
            context.release()
            throw .system("start a thread", status)
        }
        thread = Mutex(handle)
    }

    /// Waits until the thread's body has returned; further calls return at once.
    func join() {
        let handle = thread.withLock { thread -> pthread_t? in
            defer { thread = nil }
            return thread
        }
        if let handle { pthread_join(handle, nil) }
    }
}

private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}
