import Cryptography

/// The checksums that a client may send with an object.
package enum S3ChecksumAlgorithm: String, CaseIterable, Sendable {
    case crc32, crc32c, crc64nvme, sha1, sha256

    /// The name that headers such as `x-amz-checksum-algorithm` and documents use: `CRC32C`.
    package var name: String { rawValue.uppercased() }

    /// Reads that name in any case; nil for one that is not known.
    package init?(name: some StringProtocol) {
        self.init(rawValue: name.lowercased())
    }

    /// `x-amz-checksum-crc32c`: the header or trailer that carries the value.
    package var header: String { Self.headerPrefix + rawValue }

    /// Reads a header's or trailer's name, in lower case; nil for anything else.
    package init?(header: some StringProtocol) {
        guard header.utf8.starts(with: Self.headerPrefix.utf8) else { return nil }
        self.init(rawValue: String(header.dropFirst(Self.headerPrefix.utf8.count)))
    }

    /// Size of a value in bytes, before base64.
    package var byteCount: Int {
        switch self {
        case .crc32, .crc32c: 4
        case .crc64nvme: 8
        case .sha1: 20
        case .sha256: 32
        }
    }

    /// The type of an upload in parts that did not ask for one.
    package var defaultType: S3ChecksumType {
        switch self {
        case .crc32, .crc32c, .sha1, .sha256: .composite
        case .crc64nvme: .fullObject
        }
    }

    /// Whether an upload in parts may have this type: digests cannot be combined, and CRC64NVME is never composite.
    package func allows(_ type: S3ChecksumType) -> Bool {
        switch (self, type) {
        case (.crc32, _), (.crc32c, _), (.crc64nvme, .fullObject), (.sha1, .composite), (.sha256, .composite): true
        case (.crc64nvme, .composite), (.sha1, .fullObject), (.sha256, .fullObject): false
        }
    }

    /// The checksum as the cryptography module computes it, or nil where it is a digest.
    var cyclic: ChecksumAlgorithm? {
        switch self {
        case .crc32: .crc32
        case .crc32c: .crc32c
        case .crc64nvme: .crc64nvme
        case .sha1, .sha256: nil
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
