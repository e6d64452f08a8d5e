package import Cryptography

/// A customer key as its three headers gave it, checked against its own MD5.
///
/// Has no description of its own that could print the key: `SecretKey` holds it.
package struct CustomerKeyHeaders: Sendable {
    package let key: SecretKey
    /// Base64 of the key's MD5, as the answer repeats it.
    package let keyMD5: String
}

/// A key's characters, as text of a query or a form, or as they are kept of a header.
enum EncodedKey {
    case text(String)
    case secret(SecretBytes)

    var isEmpty: Bool {
        switch self {
        case .text(let text): text.isEmpty
        case .secret(let bytes): bytes.count == 0
        }
    }

    /// What they stand for, which whoever gets it wipes.
    func decoded() -> [UInt8]? {
        switch self {
        case .text(let text): Base64.decode(text)
        case .secret(let bytes): bytes.withUnsafeBytes { Base64.decode($0.assumingMemoryBound(to: UInt8.self)) }
        }
    }
}

/// The raw values of one set of customer-key headers.
struct CustomerKeyFields {
    var algorithm: String?
    var key: EncodedKey?
    var keyMD5: String?

    var isAbsent: Bool {
        algorithm == nil && key == nil && keyMD5 == nil
    }
}

extension CustomerKeyHeaders {
    /// Nil when no header of the set was sent.
    /// - Throws: `invalidArgument` when one is missing or wrong; the message never repeats a value.
    init?(_ fields: CustomerKeyFields) throws(S3Error) {
        guard !fields.isAbsent else { return nil }
        let requests = "Requests specifying Server Side Encryption with Customer provided keys must provide "
        guard fields.algorithm == "AES256" else {
            throw S3Error(
                .invalidArgument, requests + "a valid encryption algorithm.",
                details: [("ArgumentName", "x-amz-server-side-encryption")])
        }
        guard let encodedKey = fields.key, !encodedKey.isEmpty else {
            throw S3Error(
                .invalidArgument, requests + "an appropriate secret key.",
                details: [("ArgumentName", "x-amz-server-side-encryption")])
        }
        guard let encodedMD5 = fields.keyMD5, !encodedMD5.isEmpty else {
            throw S3Error(
                .invalidArgument, requests + "the client calculated MD5 of the secret key.",
                details: [("ArgumentName", "x-amz-server-side-encryption")])
        }
        // Whatever was decoded is wiped on every way out; only the SecretKey keeps it.
        var decoded = encodedKey.decoded() ?? []
        defer { wipe(&decoded) }
        guard let key = SecretKey(decoded) else {
            throw S3Error(
                .invalidArgument, "The secret key was invalid for the specified algorithm.",
                details: [("ArgumentName", "x-amz-server-side-encryption")])
        }
        let md5 = decoded.withUnsafeBytes { Digest.hash(.md5, $0) }
        guard let claimed = Base64.decode(encodedMD5), constantTimeEqual(claimed, md5) else {
            throw S3Error(
                .invalidArgument,
                "The calculated MD5 hash of the key did not match the hash that was provided.",
                details: [("ArgumentName", "x-amz-server-side-encryption")])
        }
        self.key = key
        keyMD5 = Base64.encode(md5)
    }
}
