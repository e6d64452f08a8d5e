import Cryptography

/// An object's ETag, as its clients have seen it and as what it says of the bytes.
package struct DriveETag: Sendable {
    /// As HEAD shows it.
    package let shown: String
    /// The MD5 of the plaintext in hexadecimal digits; nil where the tag is not one.
    package let md5: String?
}

/// What is sealed beside an object's data under its key.
extension DriveObject {
    /// - Parameter key: nil for an object that is not encrypted.
    /// - Parameter name: the object's key; of one that ends with a slash MinIO shows the tag as it is sealed.
    package func etag(_ key: DriveObjectKey?, name: String) throws(DriveFault) -> DriveETag {
        let stored = storedETag
        guard stored.utf8.count > 32, !stored.contains("-"), let key, let encryption else {
            // In clear. Of SSE-KMS and SSE-C it is an opaque number.
            let isMD5 = stored.utf8.count == 32 && (encryption == nil || encryption?.kind == .sseS3)
            return DriveETag(shown: stored, md5: isMD5 ? Self.md5(stored) : nil)
        }
        guard let sealed = Hex.decode(stored) else { throw .damaged("the ETag") }
        let plain = Hex.encode(try DAREStream.open(sealed, key: key.derived("SSE-etag")))
        guard plain.utf8.count == 32 else { throw .damaged("the ETag") }
        let shown =
            if name.utf8.last == UInt8(ascii: "/") { stored } else if encryption.kind == .sseS3 { plain } else {
                String(stored.suffix(32))
            }
        return DriveETag(shown: shown, md5: Self.md5(plain))
    }

    /// Nil for a random UUID, which servers without the promise of MD5s give instead.
    private static func md5(_ tag: String) -> String? {
        let digits = Array(tag.utf8)
        let isUUID = digits[12] == UInt8(ascii: "4") && "89ab".utf8.contains(digits[16])
        return isUUID ? nil : tag
    }

    /// The checksum that a client gave with the object; nil for none.
    package func checksum(_ key: DriveObjectKey?) throws(DriveFault) -> DriveChecksum? {
        guard let record = system.checksums, !record.isEmpty else { return nil }
        guard encryption != nil else { return try DriveChecksum(record) }
        guard let key else { throw .customerKeyMissing }
        return try DriveChecksum(try DAREStream.open(record, key: key.derived("object-checksum")))
    }
}
