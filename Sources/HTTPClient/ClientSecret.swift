import Glibc

/// Bytes that stay at one address and are wiped when the last reference goes: a private key, a password.
///
/// `@unchecked Sendable`: written only before the reference exists anywhere else.
final class ClientSecret: @unchecked Sendable {
    /// The bytes and, behind them, a zero for C.
    private let storage: UnsafeMutableRawBufferPointer

    /// A copy; the caller wipes its own.
    init(_ bytes: [UInt8]) {
        storage = .allocate(byteCount: bytes.count + 1, alignment: 1)
        storage.copyBytes(from: bytes)
        storage[bytes.count] = 0
    }

    deinit {
        if let base = storage.baseAddress { explicit_bzero(base, storage.count) }
        storage.deallocate()
    }

    /// The bytes; the pointer is valid while this object is.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage.dropLast()) }
}

/// Overwrites the array's memory, which whoever else refers to it must not read any more.
func wipeShared(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { buffer in
        if let base = buffer.baseAddress { explicit_bzero(UnsafeMutableRawPointer(mutating: base), buffer.count) }
    }
}

/// Overwrites the array's own memory; a copy of it made before is not reached.
func wipe(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { buffer in
        if let base = buffer.baseAddress { explicit_bzero(base, buffer.count) }
    }
}
