import COpenSSL
import Glibc

/// One OpenSSL context for each cipher and direction, kept by the calling thread.
///
/// Making a context costs more than sealing a small message with it. A kept context holds the schedule of the last key
/// until the next message or the thread's end, when OpenSSL cleanses it. Keys of small messages serve one message only.
enum ThreadCiphers {
    /// The context, and whether its cipher is set already.
    ///
    /// It is lent until the caller returns: nothing that is called meanwhile may ask for the same one.
    static func context(
        _ algorithm: AEADAlgorithm, _ direction: StreamingAEAD.Direction
    ) -> (context: OpaquePointer, isSet: Bool) {
        let position = Int(algorithm.rawValue) * 2 + (direction == .seal ? 0 : 1)
        let slots = slots()
        if let context = slots[position] { return (context, true) }
        guard let context = EVP_CIPHER_CTX_new() else { fatalError("out of memory") }
        slots[position] = context
        return (context, false)
    }

    private static let count = AEADAlgorithm.allCases.count * 2

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
            for position in 0..<count { EVP_CIPHER_CTX_free(slots[position]) }
            slots.deallocate()
        }
        precondition(status == 0, "no room for a thread's own memory")
        return key
    }()
}
