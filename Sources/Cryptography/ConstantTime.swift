import COpenSSL

/// Whether two byte strings are equal, in a time that depends on their lengths only.
///
/// Different lengths are answered `false` at once: a length is not a secret here.
package func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    return a.withUnsafeBytes { a in
        b.withUnsafeBytes { b in CRYPTO_memcmp(a.baseAddress, b.baseAddress, a.count) == 0 }
    }
}

/// The same for byte strings of other kinds.
package func constantTimeEqual(_ a: some Collection<UInt8>, _ b: some Collection<UInt8>) -> Bool {
    constantTimeEqual(Array(a), Array(b))
}

/// Overwrites secret bytes with zeros, in a way that the compiler may not leave out.
///
/// Only this array's own storage is wiped: if it is shared with another array, that one keeps its bytes.
package func wipe(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
}

/// As ``wipe(_:)``, for memory that the caller owns.
package func wipe(_ memory: UnsafeMutableRawBufferPointer) {
    OPENSSL_cleanse(memory.baseAddress, memory.count)
}
