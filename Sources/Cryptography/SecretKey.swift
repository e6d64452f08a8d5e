import COpenSSL

/// A 256-bit secret: 32 bytes in memory that is not swapped (``SecretMemory``), wiped when the last reference goes.
///
/// It is shared by reference and never changes, so there is one copy of the bytes however many places hold the key. It
/// deliberately has no description, no encoding and no `==`; compare with ``isEqual(to:)``.
///
/// `@unchecked Sendable`: the bytes are written only inside initialisers, before the reference exists anywhere else.
package final class SecretKey: @unchecked Sendable {
    /// Size of every key, in bytes.
    package static let byteCount = 32

    private let storage: UnsafeMutableRawBufferPointer

    /// A fresh key from the system's random generator.
    package convenience init() {
        self.init(filledBy: SecureRandom.fillPrivately)
    }

    /// A copy of `bytes`; `nil` unless there are exactly 32.
    ///
    /// The caller wipes its own copy (`wipe(_:)`).
    package convenience init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init(filledBy: { $0.copyBytes(from: bytes) })
    }

    /// A key whose 32 bytes are written in place, so that no second copy is ever made.
    ///
    /// The buffer is zero when `write` gets it.
    package init(filledBy write: (UnsafeMutableRawBufferPointer) -> Void) {
        storage = SecretMemory.allocate()
        write(storage)
    }

    deinit {
        SecretMemory.deallocate(storage)
    }

    /// Lends the 32 bytes for the length of `body`; the pointer must not leave it.
    package func withUnsafeBytes<R, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> R
    ) throws(Failure) -> R {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(storage))
    }

    /// Compares in a time that does not depend on the contents.
    package func isEqual(to other: SecretKey) -> Bool {
        CRYPTO_memcmp(storage.baseAddress, other.storage.baseAddress, Self.byteCount) == 0
    }
}
