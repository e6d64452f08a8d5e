import Dispatch
import ObjectStorage
import Synchronization

/// Work that blocks, on threads that nothing else waits for.
struct BlockingWork: Sendable {
    private let queue = DispatchQueue(label: "export", attributes: .concurrent)

    func run<R: Sendable>(_ work: @escaping @Sendable () throws -> R) async throws -> R {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work() }) }
        }
    }
}

/// Makes what many have written durable by one call: who comes while one is under way waits for the next.
actor SharedSync {
    private let path: String
    private var running: Task<Void, any Error>?
    private var next: Task<Void, any Error>?

    init(_ path: String) { self.path = path }

    /// Everything written before this is durable when it returns.
    func sync(_ threads: BlockingWork) async throws {
        if let next { return try await next.value }
        let (path, previous) = (path, running)
        let task = Task {
            // What waits with it comes in meanwhile.
            _ = await previous?.result
            begin()
            try await threads.run { try syncFileSystem(of: path) }
        }
        next = task
        try await task.value
    }

    /// From now on it is too late for the one that waited.
    private func begin() {
        running = next
        next = nil
    }
}
