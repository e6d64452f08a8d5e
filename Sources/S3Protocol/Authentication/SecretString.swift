package import Cryptography
import RequestSigning

/// An account's secret access key, wiped when its last owner lets go.
///
/// It stands behind the prefix `AWS4`, the form in which SigV4 keys its first HMAC.
///
/// `@unchecked Sendable`: the bytes change only in `deinit`.
package final class SecretString: @unchecked Sendable {
    private var prefixed: [UInt8]

    package init(_ secret: String) {
        prefixed = Array(SigningKey.secretPrefix.utf8)
        prefixed.append(contentsOf: secret.utf8)
    }

    deinit { wipe(&prefixed) }

    /// Whether both are the same secret, in constant time for secrets of one length.
    package func isEqual(to other: SecretString) -> Bool {
        self === other || constantTimeEqual(prefixed, other.prefixed)
    }

    package func isEqual(to secret: String) -> Bool {
        isEqual(to: SecretString(secret))
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
