import Cryptography

/// The checksums that a client may send with an object.
///
/// Stored by its raw value.
package enum S3ChecksumAlgorithm: String, CaseIterable, Sendable {
    case crc32, crc32c, crc64nvme, sha1, sha256, sha512, md5, xxhash64, xxhash3, xxhash128

    /// The checksum that the server computes when the client names none.
    package static let fallback = Self.crc64nvme

    /// The name that headers such as `x-amz-checksum-algorithm` and documents use: `CRC32C`.
    package var name: String {
        switch self {
        case .crc32: "CRC32"
        case .crc32c: "CRC32C"
        case .crc64nvme: "CRC64NVME"
        case .sha1: "SHA1"
        case .sha256: "SHA256"
        case .sha512: "SHA512"
        case .md5: "MD5"
        case .xxhash64: "XXHASH64"
        case .xxhash3: "XXHASH3"
        case .xxhash128: "XXHASH128"
        }
    }

    /// Reads that name in any case; nil for one that is not known.
    package init?(name: some StringProtocol) {
        self.init(rawValue: name.lowercased())
    }

    /// `x-amz-checksum-crc32c`: the header or trailer that carries the value.
    package var header: String { Self.headerPrefix + rawValue }

    /// `ChecksumCRC32C`: the element that carries the value in documents.
    package var elementName: String { "Checksum\(name)" }

    /// Reads a header's or trailer's name, in lower case; nil for anything else.
    package init?(header: some StringProtocol) {
        guard header.utf8.starts(with: Self.headerPrefix.utf8) else { return nil }
        self.init(rawValue: String(header.dropFirst(Self.headerPrefix.utf8.count)))
    }

    /// Size of a value in bytes, before base64.
    package var byteCount: Int {
        switch self {
        case .crc32, .crc32c: 4
        case .crc64nvme, .xxhash64, .xxhash3: 8
        case .md5, .xxhash128: 16
        case .sha1: 20
        case .sha256: 32
        case .sha512: 64
        }
    }

    /// The type of an upload in parts that did not ask for one.
    package var defaultType: S3ChecksumType {
        switch self {
        case .crc32, .crc32c, .sha1, .sha256, .sha512, .md5, .xxhash64, .xxhash3, .xxhash128: .composite
        case .crc64nvme: .fullObject
        }
    }

    /// Whether an upload in parts may have this type: only cyclic checks can be combined, and CRC64NVME is never
    /// composite.
    package func allows(_ type: S3ChecksumType) -> Bool {
        switch (self, type) {
        case (.crc32, _), (.crc32c, _), (.crc64nvme, .fullObject): true
        case (.crc64nvme, .composite): false
        case (.sha1, let type), (.sha256, let type), (.sha512, let type), (.md5, let type), (.xxhash64, let type),
            (.xxhash3, let type), (.xxhash128, let type):
            type == .composite
        }
    }

    /// The checksum as the cryptography module computes it, or nil where it is none that can be combined.
    var cyclic: ChecksumAlgorithm? {
        switch self {
        case .crc32: .crc32
        case .crc32c: .crc32c
        case .crc64nvme: .crc64nvme
        case .sha1, .sha256, .sha512, .md5, .xxhash64, .xxhash3, .xxhash128: nil
        }
    }

    static let headerPrefix = "x-amz-checksum-"
}

/// How the checksum of an object uploaded in parts came about.
package enum S3ChecksumType: String, Sendable {
    /// Of the concatenated checksums of the parts, with `-` and their number behind it.
    case composite = "COMPOSITE"
    /// Of the object's bytes.
    case fullObject = "FULL_OBJECT"
}
