import Glibc
import Synchronization

/// What all writers of a store share.
struct BlobEnvironment: Sendable {
    let directories: BlobDirectories
    let pool: IOPool
    let buffers: BufferPool
    let durability: Durability
    let faultHook: (@Sendable (FaultPoint) -> Void)?
    let syncFault: (@Sendable (String) -> Int32?)?
    let figures: StoreFigures
}

/// Writes one blob file as a stream: fill ``freeSpace``, ``advance(_:)``, and ``flush()`` when ``isFull``.
///
/// Up to two buffers of 1 MiB: one is written while the other fills. Used by one task at a time, which is why it may be
/// unchecked. A writer that is dropped before ``finish()`` unlinks its file.
package final class BlobWriter: @unchecked Sendable {
    /// From this length on the page cache is passed by.
    package static let directThreshold: Int64 = 1 << 20

    package let id: BlobID

    private enum Stage { case writing, finished, discarded }

    private let environment: BlobEnvironment
    private let file: BlobFile
    private let bufferCapacity: Int
    private let background = BackgroundWrite()
    private var current: AlignedBuffer?
    private var spare: AlignedBuffer?
    private var filled = 0
    private var blockBytes: Int
    private var offset: Int64 = 0
    private var stage = Stage.writing

    init(expectedLength: Int64, environment: BlobEnvironment) throws(StorageError) {
        self.environment = environment
        let isLarge = expectedLength >= Self.directThreshold
        bufferCapacity = isLarge ? BufferPool.largeCapacity : max(AlignedBuffer.alignment, Int(expectedLength))
        blockBytes = Self.roundedUp(bufferCapacity)
        (id, file) = try Self.makeFile(direct: isLarge, environment)
        environment.faultHook?(.blobCreated)
        current = makeBuffer()
    }

    /// A file of the next number.
    ///
    /// One that is there already was not made by this run, and stays: its number is passed over.
    private static func makeFile(
        direct: Bool, _ environment: BlobEnvironment
    ) throws(StorageError) -> (BlobID, BlobFile) {
        while true {
            let id = try environment.directories.allocate()
            do throws(StorageError) {
                let path = environment.directories.layout.path(of: id)
                return (id, try BlobFile(path: path, direct: direct, syncFault: environment.syncFault))
            } catch .io(_, EEXIST) {
                environment.directories.settle(id)
            } catch {
                environment.directories.abandon(id)
                throw error
            }
        }
    }

    deinit {
        if stage == .writing { abandon() }
        if let current { environment.buffers.give(current) }
        if let spare { environment.buffers.give(spare) }
    }

    /// Memory for the next bytes of the file; empty when the block is full or the writer is done.
    package var freeSpace: UnsafeMutableRawBufferPointer {
        guard let current, stage == .writing else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
        return UnsafeMutableRawBufferPointer(rebasing: current.bytes[filled..<max(filled, blockBytes)])
    }

    /// Bytes that are gathered for one write, whole kibibytes by four: small while nobody knows whether the rest will come
    /// soon, up to a whole buffer once it does.
    ///
    /// Memory is touched as it is filled, so that a writer whose bytes stay away costs two blocks.
    package func gather(upTo count: Int) {
        let capacity = Self.roundedUp(bufferCapacity)
        let wanted = max(
            AlignedBuffer.alignment, min(count, capacity) / AlignedBuffer.alignment * AlignedBuffer.alignment)
        // What is there already is written in whole blocks, too.
        blockBytes = max(wanted, Self.roundedUp(filled))
    }

    /// Tells the writer that `count` bytes were put at the start of ``freeSpace``.
    package func advance(_ count: Int) {
        precondition(count >= 0 && count <= freeSpace.count, "advanced past the buffer")
        filled += count
    }

    /// True when ``flush()`` must be called before more fits in.
    package var isFull: Bool { filled >= blockBytes }

    /// Hands a full buffer to the writing thread; does nothing while there is room in it.
    ///
    /// Returns when the buffer before that has been written; a failure of either write may be reported by a later call.
    package func flush() async throws(StorageError) {
        guard isFull, stage == .writing, let full = current else { return }
        try await background.wait()
        let next = spare ?? makeBuffer()
        let (place, count) = (offset, filled)
        background.begin()
        let isQueued = environment.pool.submit { [file, background] in
            do throws(StorageError) {
                try file.write(UnsafeRawBufferPointer(rebasing: full.bytes[..<count]), at: place)
                background.end(nil)
            } catch {
                background.end(error)
            }
        }
        if !isQueued { background.end(.closed) }
        offset += Int64(count)
        spare = full
        current = next
        filled = 0
    }

    /// Writes what is left and makes the file durable.
    ///
    /// It then waits for a row that refers to it.
    package func finish() async throws(StorageError) -> FinishedBlob {
        guard stage == .writing else { throw .noSuchBlob }
        try await background.wait()
        let (file, tail, count, place, hook) = (file, current, filled, offset, environment.faultHook)
        do {
            try await environment.pool.run { [figures = environment.figures] in
                try file.finish(tail, count: count, at: place)
                hook?(.blobWritten)
                try figures.time(.blobSync) { () throws(StorageError) in try file.sync() }
                hook?(.blobSynced)
            }
        } catch {
            // A further sync could succeed without the bytes being there: the file is given up for good.
            discard()
            let error = StorageError.wrapping(error)
            environment.durability.note(error)
            throw error
        }
        guard stage == .writing else { throw .noSuchBlob }
        stage = .finished
        environment.directories.finish(id)
        return FinishedBlob(id: id, length: offset + Int64(count))
    }

    /// Gives the file up; it is unlinked in the background.
    ///
    /// After ``finish()`` this works until a row has taken the file.
    package func discard() {
        switch stage {
        case .writing:
            abandon()
        case .finished:
            if environment.directories.claim(id) { abandon() }
        case .discarded: break
        }
        stage = .discarded
    }

    private func abandon() {
        let (directories, id) = (environment.directories, id)
        if !environment.pool.submit({ directories.abandon(id) }) { directories.abandon(id) }
    }

    private static func roundedUp(_ capacity: Int) -> Int {
        (capacity + AlignedBuffer.alignment - 1) / AlignedBuffer.alignment * AlignedBuffer.alignment
    }

    private func makeBuffer() -> AlignedBuffer {
        bufferCapacity == BufferPool.largeCapacity
            ? environment.buffers.take() : AlignedBuffer(capacity: bufferCapacity)
    }
}

/// The one write that may be under way behind the caller's back.
private final class BackgroundWrite: Sendable {
    private enum State {
        case idle
        case running(CheckedContinuation<Void, Never>?)
        case failed(StorageError)
    }

    private let state = Mutex(State.idle)

    func begin() {
        state.withLock { $0 = .running(nil) }
    }

    func end(_ error: StorageError?) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            defer { state = error.map { .failed($0) } ?? .idle }
            if case .running(let waiter) = state { return waiter }
            return nil
        }
        waiter?.resume()
    }

    /// Returns when no write is under way; throws what the last one did.
    func wait() async throws(StorageError) {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state -> Bool in
                guard case .running = state else { return true }
                state = .running(continuation)
                return false
            }
            if isDone { continuation.resume() }
        }
        if case .failed(let error) = state.withLock({ $0 }) { throw error }
    }
}
