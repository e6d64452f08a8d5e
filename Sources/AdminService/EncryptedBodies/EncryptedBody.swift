package import Cryptography

/// The form in which MinIO's administration sends what is secret: `madmin`'s `EncryptData`, with the secret key of the
/// request's signature as the password, in both directions.
///
/// ```
/// body    = salt (32) ‖ method (1) ‖ nonce (8) ‖ chunk…
/// chunk i = AEAD(key, nonce ‖ LE32(i), up to 16384 bytes, associated data = flag ‖ T), i from 1
/// T       = the tag of nothing under nonce ‖ LE32(0); flag = 0x80 for the last chunk, else 0
/// ```
///
/// A body has at least one chunk, the last of which may be empty or full.
package enum EncryptedBody {
    /// How the key comes from the password, and what it is used in.
    package enum Method: UInt8, Sendable {
        case argon2idWithAES = 0
        case argon2idWithChaCha20 = 1
        case pbkdf2WithAES = 2

        var algorithm: AEADAlgorithm {
            switch self {
            case .argon2idWithAES, .pbkdf2WithAES: .aes256GCM
            case .argon2idWithChaCha20: .chaCha20Poly1305
            }
        }

        /// Blocks for some hundredths of a second; `nil` when there is not enough memory.
        package func key(from password: UnsafeRawBufferPointer, salt: [UInt8]) -> SecretKey? {
            switch self {
            case .argon2idWithAES, .argon2idWithChaCha20:
                Argon2id.derive(from: password, salt: salt, passes: 1, kibibytes: 64 * 1024, lanes: 4)
            case .pbkdf2WithAES: PBKDF2SHA256.derive(from: password, salt: salt, iterations: 8192)
            }
        }
    }

    /// What stands before the chunks.
    package struct Header: Sendable {
        package let salt: [UInt8]
        package let method: Method
        fileprivate let nonce: [UInt8]

        /// - Throws: for fewer bytes than a header has, and for a method that is not known.
        package init(_ body: [UInt8]) throws(AuthenticationFailure) {
            guard body.count > headerByteCount, let method = Method(rawValue: body[saltByteCount]) else {
                throw AuthenticationFailure()
            }
            salt = Array(body[..<saltByteCount])
            self.method = method
            nonce = Array(body[saltByteCount + 1..<headerByteCount])
        }
    }

    package static let saltByteCount = 32
    private static let headerByteCount = 41
    private static let chunkByteCount = 16 * 1024
    private static let tagByteCount = AEADAlgorithm.tagByteCount

    /// Bytes of the plaintext of a body of so many bytes, at most.
    package static func plaintextBound(_ bodyByteCount: Int) -> Int {
        max(0, bodyByteCount - headerByteCount - tagByteCount)
    }

    /// Seals `plaintext` under a key that ``Method/argon2idWithAES`` has made with `salt`, with a nonce of its own.
    package static func seal(_ plaintext: [UInt8], key: SecretKey, salt: [UInt8]) -> [UInt8] {
        let nonce = SecureRandom.bytes(8)
        let tag = AEAD.seal([], key: key, nonce: nonce + number(0), associatedData: [])
        let chunkCount = max(1, (plaintext.count + chunkByteCount - 1) / chunkByteCount)
        var body = salt + [Method.argon2idWithAES.rawValue] + nonce
        body.reserveCapacity(headerByteCount + plaintext.count + chunkCount * tagByteCount)
        for chunk in 1...chunkCount {
            let start = (chunk - 1) * chunkByteCount
            let piece = Array(plaintext[start..<min(start + chunkByteCount, plaintext.count)])
            body += AEAD.seal(
                piece, key: key, nonce: nonce + number(chunk),
                associatedData: [chunk == chunkCount ? lastFlag : 0] + tag)
        }
        return body
    }

    /// Opens a body, of which `header` is the beginning, under the key that its method has made.
    ///
    /// - Throws: unless all of it is authentic: for a wrong password, a missing end, what is not encrypted at all.
    package static func open(
        _ body: [UInt8], _ header: Header, key: SecretKey
    ) throws(AuthenticationFailure) -> [UInt8] {
        let algorithm = header.method.algorithm
        let tag = AEAD.seal(
            [], key: key, nonce: header.nonce + number(0), associatedData: [], algorithm: algorithm)
        var plaintext: [UInt8] = []
        plaintext.reserveCapacity(body.count)
        var rest = body[headerByteCount...]
        var chunk = 0
        repeat {
            let piece = rest.prefix(chunkByteCount + tagByteCount)
            rest = rest.dropFirst(piece.count)
            chunk += 1
            plaintext += try AEAD.open(
                Array(piece), key: key, nonce: header.nonce + number(chunk),
                associatedData: [rest.isEmpty ? lastFlag : 0] + tag, algorithm: algorithm)
        } while !rest.isEmpty
        return plaintext
    }

    private static let lastFlag: UInt8 = 0x80

    private static func number(_ chunk: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(chunk).littleEndian) { [UInt8]($0) }
    }
}
