import Glibc

/// A thread of the system, for work that blocks: the shared pool of tasks has one thread a core and must not wait.
///
/// Who lets go of it without ``join()`` leaves the thread to itself.
package final class SystemThread: Sendable {
    private let handle: ShortLock<pthread_t?>

    /// Starts the thread, which ends when `body` returns.
    ///
    /// - Parameter name: for debuggers and `top`; the kernel shows 15 bytes of it.
    /// - Throws: when the system has no thread to give.
    package init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemThreadError) {
        var handle = pthread_t()
        let context = Unmanaged.passRetained(ThreadStart(name: name, body: body))
        let status = pthread_create(
            &handle, nil,
            { context in
                guard let context else { return nil }
                let start = Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
                start.nameThread()
                start.body()
                return nil
            }, context.toOpaque())
        guard status == 0 else {
            context.release()
            throw SystemThreadError(code: status)
        }
        self.handle = ShortLock(handle)
    }

    deinit {
        if let handle = takeHandle() { pthread_detach(handle) }
    }

    /// Waits until the thread's body has returned; further calls return at once.
    package func join() {
        if let handle = takeHandle() { pthread_join(handle, nil) }
    }

    private func takeHandle() -> pthread_t? {
        handle.withLock { handle in
            defer { handle = nil }
            return handle
        }
    }
}

/// Why no thread was started.
package struct SystemThreadError: Error, Hashable, Sendable {
    /// The system's error number, such as `EAGAIN`.
    package let code: Int32
}

/// The body of a thread on its way into the thread.
private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }

    /// Names the calling thread, where `/proc` is mounted: glibc's function for it is an extension that Swift does not see.
    func nameThread() {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        var name = name
        name.withUTF8 { _ = write(file, $0.baseAddress, min($0.count, 15)) }
        close(file)
    }
}
