import COpenSSL

/// The digests that S3 speaks of.
///
/// MD5 and SHA-1 are there because its protocol names them; nothing is secured by them.
package enum DigestAlgorithm: Sendable, CaseIterable {
    case md5, sha1, sha256, sha512

    /// Size of a digest in bytes.
    package var byteCount: Int {
        switch self {
        case .md5: 16
        case .sha1: 20
        case .sha256: 32
        case .sha512: 64
        }
    }
}

/// An incremental digest over one OpenSSL context.
///
/// `@unchecked Sendable`: it moves from task to task with the body it digests, but is never used from two at once.
///
/// - Precondition: ``FetchedAlgorithms/require(digests:ciphers:)`` has passed for the algorithm.
package final class Digest: @unchecked Sendable {
    package let algorithm: DigestAlgorithm
    private let context: OpaquePointer
    private var isFinal = false

    package init(_ algorithm: DigestAlgorithm) {
        guard let context = EVP_MD_CTX_new() else { fatalError("out of memory") }
        let isSet = EVP_DigestInit_ex2(context, algorithm.fetched, nil)
        precondition(isSet == 1, "OpenSSL refused the digest")
        self.context = context
        self.algorithm = algorithm
    }

    deinit { EVP_MD_CTX_free(context) }

    package func update(_ bytes: UnsafeRawBufferPointer) {
        precondition(!isFinal, "the digest is final")
        guard !bytes.isEmpty else { return }
        let isDone = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
        precondition(isDone == 1, "OpenSSL could not digest the bytes")
    }

    package func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The digest of everything seen; nothing can be added afterwards.
    package func finalize() -> [UInt8] {
        precondition(!isFinal, "the digest is final")
        isFinal = true
        return withDigest(algorithm) { digest in
            let isDone = EVP_DigestFinal_ex(context, digest, nil)
            precondition(isDone == 1, "OpenSSL could not finish the digest")
        }
    }

    /// The digest of one message, without the cost of a context.
    package static func hash(_ algorithm: DigestAlgorithm, _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        withDigest(algorithm) { digest in
            let isDone = coffer_digest(ThreadContexts.digest(algorithm), bytes.baseAddress, bytes.count, digest)
            precondition(isDone == 1, "OpenSSL could not digest the bytes")
        }
    }

    package static func hash(_ algorithm: DigestAlgorithm, _ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { hash(algorithm, $0) }
    }
}

/// The digest that `finish` writes.
///
/// By way of the stack: `Array(unsafeUninitializedCapacity:)` is not specialised, and looks its type up at each call.
@inline(__always)
private func withDigest(_ algorithm: DigestAlgorithm, _ finish: (UnsafeMutablePointer<UInt8>?) -> Void) -> [UInt8] {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: algorithm.byteCount) { buffer in
        finish(buffer.baseAddress)
        return [UInt8](UnsafeRawBufferPointer(buffer))
    }
}
