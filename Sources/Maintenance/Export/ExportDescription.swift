import Cryptography
import FoundationEssentials
import Notation

/// All that is known of a version besides its bytes: what stands in its sidecar.
///
/// Pairs are lists, not objects of JSON: names are bytes, of which some look alike. See <doc:Exporting>.
package struct ExportDescription: Codable, Sendable {
    package struct Pair: Codable, Sendable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package struct Retention: Codable, Sendable {
        /// `GOVERNANCE` or `COMPLIANCE`.
        package let mode: String
        /// ISO 8601.
        package let until: String?
        /// How long it is kept from its event on, such as `30 days`.
        package let eventHold: String?

        package init(mode: String, until: String?, eventHold: String?) {
            self.mode = mode
            self.until = until
            self.eventHold = eventHold
        }
    }

    package struct Encryption: Codable, Sendable {
        /// `SSE-S3`, `SSE-KMS`, `DSSE-KMS` or `SSE-C`.
        package let scheme: String
        package var kmsKey: String?
        /// The client's encryption context, as base64 of JSON.
        package var context: String?
        package var bucketKey: Bool?

        package init(scheme: String, kmsKey: String? = nil, context: String? = nil, bucketKey: Bool? = nil) {
            self.scheme = scheme
            self.kmsKey = kmsKey
            self.context = context
            self.bucketKey = bucketKey
        }
    }

    package struct Checksum: Codable, Sendable {
        package let algorithm: String
        /// `FULL_OBJECT` or `COMPOSITE`.
        package let type: String
        /// Base64, with `-N` of a composite one.
        package let value: String

        package init(algorithm: String, type: String, value: String) {
            self.algorithm = algorithm
            self.type = type
            self.value = value
        }
    }

    package struct Part: Codable, Sendable {
        package let number: Int
        /// Bytes of plaintext.
        package let size: Int64

        package init(number: Int, size: Int64) {
            self.number = number
            self.size = size
        }
    }

    package static let supportedFormat = 1

    package let format: Int
    package let bucket: String
    package let key: String
    /// Base64 of the key's bytes, which no editor changes.
    package let keyBytes: String
    package let versionId: String
    package let isLatest: Bool
    package let isDeleteMarker: Bool
    /// ISO 8601, to the millisecond.
    package let modified: String
    /// Bytes.
    package let size: Int64
    /// Without quotes; nil of a delete marker.
    package let etag: String?
    /// `content-type` and what else describes the content.
    package var headers: [Pair] = []
    /// User metadata, without `x-amz-meta-`.
    package var metadata: [Pair] = []
    package var tags: [Pair] = []
    package var storageClass: String?
    package var websiteRedirect: String?
    package var retention: Retention?
    package var legalHold: Bool?
    package var encryption: Encryption?
    package var checksum: Checksum?
    package var parts: [Part]?
    /// True where it has annotations, which are not exported.
    package var hasAnnotations: Bool?
    /// The file of its bytes below the export's directory.
    package var file: String?
    /// Of the file, in hexadecimal.
    package var sha256: String?

    package init(_ entry: ExportEntry) {
        format = Self.supportedFormat
        bucket = entry.bucket
        key = entry.key
        keyBytes = Base64.encode(Array(entry.key.utf8))
        versionId = entry.version
        isLatest = entry.isLatest
        isDeleteMarker = entry.isDeleteMarker
        modified = HTTPDate.iso8601(entry.modified)
        size = entry.size
        switch entry.content {
        case .deleteMarker: etag = nil
        case .object(let tag, _): etag = tag
        }
    }

    /// Whether it is of this version, as it is now.
    func isOf(_ entry: ExportEntry) -> Bool {
        let other = ExportDescription(entry)
        return isOf(key: entry.key, in: entry.bucket) && versionId == other.versionId && isLatest == other.isLatest
            && isDeleteMarker == other.isDeleteMarker && modified == other.modified && size == other.size
            && etag == other.etag
    }

    func isOf(key: String, in bucket: String) -> Bool {
        self.bucket == bucket && keyBytes == Base64.encode(Array(key.utf8))
    }

    func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(self)) + [0x0a]
    }

    /// Nil for what is none, or of a later format.
    init?(json: [UInt8]) {
        guard let read = try? JSONDecoder().decode(ExportDescription.self, from: Data(json)),
            read.format == Self.supportedFormat
        else { return nil }
        self = read
    }
}
