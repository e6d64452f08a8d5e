import COpenSSL
import Glibc

/// One OpenSSL context for each digest, kept by the calling thread.
///
/// Making a context costs more than digesting a short message with it. A kept context stands ready at the start of a
/// message: whoever used it has set it back, which wipes what the last message left there.
enum ThreadDigests {
    /// A context at the start of a message.
    ///
    /// It is lent until the caller returns: nothing that is called meanwhile may ask for the same one.
    /// - Precondition: ``FetchedAlgorithms/require(digests:ciphers:)`` has passed for the algorithm.
    static func context(_ algorithm: DigestAlgorithm) -> OpaquePointer {
        let slots = slots()
        if let context = slots[algorithm.slot] { return context }
        guard let context = EVP_MD_CTX_new() else { fatalError("out of memory") }
        let isSet = EVP_DigestInit_ex2(context, algorithm.fetched, nil)
        precondition(isSet == 1, "OpenSSL refused the digest")
        slots[algorithm.slot] = context
        return context
    }

    private static let count = DigestAlgorithm.allCases.count

    private static func slots() -> UnsafeMutablePointer<OpaquePointer?> {
        if let known = pthread_getspecific(key) { return known.assumingMemoryBound(to: OpaquePointer?.self) }
        let slots = UnsafeMutablePointer<OpaquePointer?>.allocate(capacity: count)
        slots.initialize(repeating: nil, count: count)
        let status = pthread_setspecific(key, slots)
        precondition(status == 0, "no room for a thread's own memory")
        return slots
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let status = pthread_key_create(&key) { memory in
            guard let slots = memory?.assumingMemoryBound(to: OpaquePointer?.self) else { return }
            for position in 0..<count { EVP_MD_CTX_free(slots[position]) }
            slots.deallocate()
        }
        precondition(status == 0, "no room for a thread's own memory")
        return key
    }()
}

extension DigestAlgorithm {
    /// Where the thread keeps its context.
    fileprivate var slot: Int {
        switch self {
        case .md5: 0
        case .sha1: 1
        case .sha256: 2
        }
    }
}
