package import Cryptography
import RequestSigning

/// An account's secret access key, wiped when its last owner lets go.
///
/// It stands behind the prefix `AWS4`, the form in which SigV4 keys its first HMAC.
///
/// `@unchecked Sendable`: the bytes change only in `deinit`.
package final class SecretString: @unchecked Sendable {
    private var prefixed: [UInt8]

    package convenience init(_ secret: String) { self.init(bytes: secret.utf8) }

    /// The caller wipes its own copy.
    package init(bytes: some Collection<UInt8>) {
        // At once as long as it becomes: an array that grows leaves a copy behind.
        var prefixed: [UInt8] = []
        prefixed.reserveCapacity(SigningKey.secretPrefix.utf8.count + bytes.count)
        prefixed.append(contentsOf: SigningKey.secretPrefix.utf8)
        prefixed.append(contentsOf: bytes)
        self.prefixed = prefixed
    }

    deinit { wipe(&prefixed) }

    /// Whether both are the same secret, in constant time for secrets of one length.
    package func isEqual(to other: SecretString) -> Bool {
        self === other || constantTimeEqual(prefixed, other.prefixed)
    }

    package func isEqual(to secret: String) -> Bool {
        isEqual(to: SecretString(secret))
    }

    /// Lends the bare secret for the length of `body`; the pointer must not leave it.
    package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try prefixed.withUnsafeBytes { bytes in
            try body(UnsafeRawBufferPointer(rebasing: bytes[SigningKey.secretPrefix.utf8.count...]))
        }
    }

    /// The key of all SigV4 signatures with one date, region and service.
    package func signingKey(date: String, region: String, service: String) -> SecretKey {
        SigningKey.derive(prefixedSecret: prefixed, date: date, region: region, service: service)
    }

    /// HMAC under the bare secret.
    func code(of message: [UInt8], _ algorithm: DigestAlgorithm) -> [UInt8] {
        var secret = Array(prefixed.dropFirst(4))
        defer { wipe(&secret) }
        return HMAC.code(message, key: secret, algorithm)
    }

    /// HMAC-SHA1 under the bare secret, for signature version 2.
    func signatureV2(_ stringToSign: [UInt8]) -> [UInt8] {
        var secret = Array(prefixed.dropFirst(4))
        defer { wipe(&secret) }
        return HMACSHA1.code(stringToSign, key: secret)
    }
}
