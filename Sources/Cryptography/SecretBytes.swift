import COpenSSL

/// Secret bytes of any number, on the heap, wiped when the last reference goes.
///
/// They are shared by reference and never change, so there is one copy however many places hold them, and no copy is
/// made behind anybody's back as arrays make them. There is deliberately no description, no encoding and no `==`;
/// compare with ``isEqual(to:)``. A secret of 32 bytes is better kept as a ``SecretKey``.
///
/// `@unchecked Sendable`: the bytes are written only inside initialisers, before the reference exists anywhere else.
package final class SecretBytes: @unchecked Sendable {
    private let storage: UnsafeMutableRawBufferPointer

    /// How many bytes they are.
    package let count: Int

    /// At most `capacity` bytes, written in place.
    ///
    /// The buffer is zero when `write` gets it; `write` answers how many bytes of it count. When it throws, the buffer is
    /// wiped.
    package init<Failure: Error>(
        capacity: Int, filledBy write: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, capacity), alignment: 16)
        storage.initializeMemory(as: UInt8.self, repeating: 0)
        do throws(Failure) {
            count = min(capacity, max(0, try write(UnsafeMutableRawBufferPointer(rebasing: storage[..<capacity]))))
        } catch {
            wipe(storage)
            storage.deallocate()
            throw error
        }
        self.storage = storage
    }

    /// A copy of `bytes`.
    ///
    /// The caller wipes its own copy (`wipe(_:)`).
    package convenience init(_ bytes: some Collection<UInt8>) {
        self.init(capacity: bytes.count) { storage in
            storage.copyBytes(from: bytes)
            return bytes.count
        }
    }

    /// A copy of `bytes`, which are wiped.
    ///
    /// - Precondition: nothing else holds the array, or what is wiped is a copy of it.
    package convenience init(moving bytes: inout [UInt8]) {
        self.init(bytes)
        wipe(&bytes)
    }

    deinit {
        OPENSSL_cleanse(storage.baseAddress, storage.count)
        storage.deallocate()
    }

    /// Lends the bytes for the length of `body`; the pointer must not leave it.
    package func withUnsafeBytes<R, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> R
    ) throws(Failure) -> R {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(rebasing: storage[..<count]))
    }

    /// Compares in a time that depends on the lengths alone.
    package func isEqual(to other: SecretBytes) -> Bool {
        guard count == other.count else { return false }
        defer { withExtendedLifetime(other) {} }
        return CRYPTO_memcmp(storage.baseAddress, other.storage.baseAddress, count) == 0
    }
}
