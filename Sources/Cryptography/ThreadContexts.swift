import COpenSSL
import Glibc

/// OpenSSL contexts of one kind, kept by each thread in slots of its own.
///
/// Making a context costs more than digesting or sealing a short message with it. What a slot holds is lent until the
/// caller returns: nothing that is called meanwhile may ask for the same slot. OpenSSL cleanses the contexts when the
/// thread ends.
struct ThreadContexts: Sendable {
    typealias Free = @convention(c) (OpaquePointer?) -> Void

    /// What a thread's memory begins with; the slots follow.
    private struct Header {
        let count: Int
        let free: Free
    }

    private let key: pthread_key_t
    private let count: Int
    private let free: Free

    /// - Parameters:
    ///   - count: slots a thread, each empty at first.
    ///   - free: frees one context; called for each slot when its thread ends, also for the empty ones.
    init(count: Int, free: @escaping Free) {
        var key = pthread_key_t()
        let status = pthread_key_create(&key) { memory in
            guard let memory else { return }
            let header = memory.load(as: Header.self)
            let slots = ThreadContexts.slots(behind: memory)
            for position in 0..<header.count { header.free(slots[position]) }
            memory.deallocate()
        }
        precondition(status == 0, "no room for a thread's own memory")
        self.key = key
        self.count = count
        self.free = free
    }

    /// The calling thread's slots.
    @inline(__always)
    var slots: UnsafeMutablePointer<OpaquePointer?> {
        if let memory = pthread_getspecific(key) { return Self.slots(behind: memory) }
        return makeSlots()
    }

    @inline(__always)
    private static func slots(behind memory: UnsafeMutableRawPointer) -> UnsafeMutablePointer<OpaquePointer?> {
        (memory + MemoryLayout<Header>.stride).assumingMemoryBound(to: OpaquePointer?.self)
    }

    @inline(never)
    private func makeSlots() -> UnsafeMutablePointer<OpaquePointer?> {
        let slotBytes = count * MemoryLayout<OpaquePointer?>.stride
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: MemoryLayout<Header>.stride + slotBytes, alignment: MemoryLayout<Header>.alignment)
        memory.initializeMemory(as: Header.self, to: Header(count: count, free: free))
        let slots = (memory + MemoryLayout<Header>.stride).bindMemory(to: OpaquePointer?.self, capacity: count)
        slots.initialize(repeating: nil, count: count)
        let status = pthread_setspecific(key, memory)
        precondition(status == 0, "no room for a thread's own memory")
        return slots
    }
}

extension ThreadContexts {
    /// The calling thread's context of a digest, at the start of a message.
    ///
    /// Whoever used it has set it back, which wipes what the last message left there.
    /// - Precondition: ``FetchedAlgorithms/require(digests:ciphers:)`` has passed for the algorithm.
    static func digest(_ algorithm: DigestAlgorithm) -> OpaquePointer {
        let slots = digests.slots
        if let context = slots[algorithm.slot] { return context }
        guard let context = EVP_MD_CTX_new() else { fatalError("out of memory") }
        let isSet = EVP_DigestInit_ex2(context, algorithm.fetched, nil)
        precondition(isSet == 1, "OpenSSL refused the digest")
        slots[algorithm.slot] = context
        return context
    }

    /// The calling thread's context of a cipher and direction, and whether its cipher is set already.
    ///
    /// It holds the schedule of the last key until the next message. Keys of small messages serve one message only.
    static func cipher(
        _ algorithm: AEADAlgorithm, _ direction: StreamingAEAD.Direction
    ) -> (context: OpaquePointer, isSet: Bool) {
        let position = Int(algorithm.rawValue) * 2 + (direction == .seal ? 0 : 1)
        let slots = ciphers.slots
        if let context = slots[position] { return (context, true) }
        guard let context = EVP_CIPHER_CTX_new() else { fatalError("out of memory") }
        slots[position] = context
        return (context, false)
    }

    private static let digests = ThreadContexts(count: DigestAlgorithm.allCases.count, free: EVP_MD_CTX_free)
    private static let ciphers = ThreadContexts(count: AEADAlgorithm.allCases.count * 2, free: EVP_CIPHER_CTX_free)
}

extension DigestAlgorithm {
    /// Where the thread keeps its context.
    fileprivate var slot: Int {
        switch self {
        case .md5: 0
        case .sha1: 1
        case .sha256: 2
        case .sha512: 3
        }
    }
}
