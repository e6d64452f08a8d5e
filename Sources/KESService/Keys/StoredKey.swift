package import Cryptography
package import KESProtocol
package import KeyManagement

/// Master keys as the text that key stores hold; <doc:KeyFormats> describes it.
///
/// Everything that is written is base64 of a protobuf message. JSON, which older key servers wrote, is read.
extension MasterKey {
    /// Parses what a key store holds.
    package convenience init(storedValue: SecretBytes) throws(StoredKeyError) {
        var document = try storedValue.withUnsafeBytes { (text) throws(StoredKeyError) in try StoredKeyDocument(text) }
        defer { document.wipe() }
        self.init(versions: document.versions, hmacKey: document.hmacKey)
    }

    /// What a key store is to hold of a key that was never rotated.
    ///
    /// - Precondition: the key has one version.
    package var storedValue: SecretBytes {
        precondition(versions.count == 1, "a rotated key is written by rotation")
        var message = ProtobufWriter(reserving: 1024)
        defer { message.wipe() }
        message.append(versions[0], hmacKey: hmacKey)
        return message.base64
    }

    /// The value with one more version, under a fresh key, as the text to store.
    ///
    /// All that was there before stays as it is, byte for byte, and the original KES still reads it as version 1. A value
    /// in JSON becomes protobuf. Keys without a key for HMAC get one, because KES cannot read a protobuf value that lacks
    /// it.
    package static func rotated(
        storedValue: SecretBytes, createdAt: RFC3339Time, createdBy: String
    ) throws(StoredKeyError) -> SecretBytes {
        var document = try storedValue.withUnsafeBytes { (text) throws(StoredKeyError) in try StoredKeyDocument(text) }
        defer { document.wipe() }
        let newest = document.versions[document.versions.count - 1]
        guard document.versions.count < maximumVersionCount, newest.number < .max else { throw .tooManyVersions }
        var message = ProtobufWriter(reserving: storedValue.count + 1024)
        defer { message.wipe() }
        if document.protobuf.isEmpty {
            message.append(document.versions[0], hmacKey: SecretKey())
        } else {
            document.protobuf.withUnsafeBytes { message.append(encoded: $0) }
            if document.hmacKey == nil { message.append(hmacKey: SecretKey()) }
        }
        let next = Version(
            number: newest.number + 1, key: SecretKey(), cipher: newest.cipher ?? .aes256, createdAt: createdAt,
            createdBy: createdBy)
        message.append(StoredField.laterVersion) { message in
            message.append(StoredField.Later.number, UInt64(next.number))
            message.append(key: next, field: StoredField.Later.key)
            message.append(next.createdAt, field: StoredField.Later.createdAt)
            message.append(StoredField.Later.createdBy, next.createdBy)
        }
        return message.base64
    }
}

/// The numbers of the protobuf fields.
enum StoredField {
    static let key: UInt64 = 1
    static let hmacKey: UInt64 = 2
    static let createdAt: UInt64 = 3
    static let createdBy: UInt64 = 4
    /// 1 when the cipher of version 1 was never recorded.
    ///
    /// KES does not know this field.
    static let cipherIsUnrecorded: UInt64 = 14
    /// A version after the first; repeated.
    ///
    /// KES does not know this field.
    static let laterVersion: UInt64 = 15

    enum Later {
        static let number: UInt64 = 1
        static let key: UInt64 = 2
        static let createdAt: UInt64 = 3
        static let createdBy: UInt64 = 4
    }

    /// The only known hash of an HMAC key.
    static let sha256: UInt64 = 1
}

extension MasterKeyCipher {
    /// The name of a cipher in stored keys and requests, of which each has two.
    ///
    /// Upper and lower case differ.
    package init?(algorithm: String) {
        switch algorithm {
        case "AES256", "AES256-GCM_SHA256": self = .aes256
        case "ChaCha20", "XCHACHA20-POLY1305": self = .chaCha20
        default: return nil
        }
    }

    var storedNumber: UInt64 {
        switch self {
        case .aes256: 1
        case .chaCha20: 2
        }
    }
}

extension ProtobufWriter {
    /// All that was written, as text.
    fileprivate var base64: SecretBytes {
        var text = Base64.encodedBytes(bytes)
        return SecretBytes(moving: &text)
    }

    /// Version 1 and the key for HMAC: all that KES knows of.
    fileprivate mutating func append(_ version: MasterKey.Version, hmacKey: SecretKey?) {
        append(key: version, field: StoredField.key)
        if let hmacKey { append(hmacKey: hmacKey) }
        append(version.createdAt, field: StoredField.createdAt)
        append(StoredField.createdBy, version.createdBy)
        if version.cipher == nil { append(StoredField.cipherIsUnrecorded, 1) }
    }

    fileprivate mutating func append(key version: MasterKey.Version, field: UInt64) {
        append(field) { message in
            version.key.withUnsafeBytes { message.append(1, $0) }
            message.append(2, (version.cipher ?? .aes256).storedNumber)
        }
    }

    fileprivate mutating func append(hmacKey: SecretKey) {
        append(StoredField.hmacKey) { message in
            hmacKey.withUnsafeBytes { message.append(1, $0) }
            message.append(2, StoredField.sha256)
        }
    }

    fileprivate mutating func append(_ time: RFC3339Time, field: UInt64) {
        append(field) { message in
            message.append(1, UInt64(bitPattern: time.seconds))
            message.append(2, UInt64(time.nanoseconds))
        }
    }
}
