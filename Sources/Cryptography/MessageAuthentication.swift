import COpenSSL

/// HMAC with SHA-256 (RFC 2104): a code of 32 bytes, from a key of any length.
package enum HMACSHA256 {
    /// Size of a code in bytes.
    package static let byteCount = 32

    package static func code(_ message: UnsafeRawBufferPointer, key: SecretKey) -> [UInt8] {
        key.withUnsafeBytes { code(message, key: $0) }
    }

    package static func code(_ message: UnsafeRawBufferPointer, key: [UInt8]) -> [UInt8] {
        key.withUnsafeBytes { code(message, key: $0) }
    }

    package static func code(_ message: [UInt8], key: SecretKey) -> [UInt8] {
        message.withUnsafeBytes { message in key.withUnsafeBytes { code(message, key: $0) } }
    }

    package static func code(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        message.withUnsafeBytes { message in key.withUnsafeBytes { code(message, key: $0) } }
    }

    /// The code between places in memory.
    ///
    /// - Precondition: `output` has room for 32 bytes.
    package static func code(
        _ message: UnsafeRawBufferPointer, key: SecretKey, into output: UnsafeMutableRawBufferPointer
    ) {
        precondition(output.count >= byteCount, "the output is too small")
        key.withUnsafeBytes { key in
            authenticate(
                message, key: key, .sha256, into: output.baseAddress?.assumingMemoryBound(to: UInt8.self))
        }
    }

    private static func code(_ message: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
            authenticate(message, key: key, .sha256, into: buffer.baseAddress)
            initialized = byteCount
        }
    }
}

/// HMAC with SHA-1: a code of 20 bytes.
///
/// For the old S3 signature version 2 and nothing else.
package enum HMACSHA1 {
    /// Size of a code in bytes.
    package static let byteCount = 20

    package static func code(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
            message.withUnsafeBytes { message in
                key.withUnsafeBytes { key in authenticate(message, key: key, .sha1, into: buffer.baseAddress) }
            }
            initialized = byteCount
        }
    }
}

/// HMAC (RFC 2104) with a digest of choice: a code as long as the digest is.
package enum HMAC {
    package static func code(_ message: [UInt8], key: [UInt8], _ algorithm: DigestAlgorithm) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: algorithm.byteCount) { buffer, initialized in
            message.withUnsafeBytes { message in
                key.withUnsafeBytes { key in authenticate(message, key: key, algorithm, into: buffer.baseAddress) }
            }
            initialized = algorithm.byteCount
        }
    }
}

private func authenticate(
    _ message: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, _ algorithm: DigestAlgorithm,
    into code: UnsafeMutablePointer<UInt8>?
) {
    let isDone = coffer_hmac(
        ThreadContexts.digest(algorithm), key.baseAddress, key.count, message.baseAddress, message.count, nil, 0, code)
    precondition(isDone == 1, "OpenSSL could not authenticate the message")
}
