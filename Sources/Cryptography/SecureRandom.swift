/// Random bytes from OpenSSL's generator, which the kernel seeds.
///
/// A generator that fails stops the process: there is no safe way to go on without one.
package enum SecureRandom {
    /// `count` fresh random bytes.
    package static func bytes(_ count: Int) -> [UInt8] {
        withUnsafeTemporaryAllocation(byteCount: count, alignment: 16) { buffer in
            fill(buffer)
            return [UInt8](buffer)
        }
    }

    /// 64 random bits that may become visible.
    package static func word() -> UInt64 {
        var word: UInt64 = 0
        withUnsafeMutableBytes(of: &word) { fill($0) }
        return word
    }

    /// Overwrites `buffer` with random bytes that may become visible: nonces, salts, identifiers.
    package static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        fill(buffer, .visible)
    }

    /// `count` fresh random bytes that stay secret; the caller wipes them.
    package static func privateBytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            fillPrivately(UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count))
            initialized = count
        }
    }

    /// As ``fill(_:)``, from the separate generator that OpenSSL keeps for what stays secret.
    static func fillPrivately(_ buffer: UnsafeMutableRawBufferPointer) {
        fill(buffer, .secret)
    }

    private static func fill(_ buffer: UnsafeMutableRawBufferPointer, _ kind: RandomReserve.Kind) {
        guard let base = buffer.baseAddress, buffer.count > 0 else { return }
        if buffer.count <= RandomReserve.maximumRequest, let reserve = RandomReserve(kind) {
            guard reserve.take(into: buffer) else { fatalError("the random number generator failed") }
        } else {
            guard RandomReserve.generate(kind, base, buffer.count) else {
                fatalError("the random number generator failed")
            }
        }
    }
}
