/// What a version's record says of how its data is stored.
struct SystemMetadata: Sendable {
    enum Compression: Sendable {
        /// Snappy's framing with blocks of S2 or Snappy.
        case s2
    }

    let isInline: Bool
    let compression: Compression?
    /// Bytes of plaintext of the whole object, where that is said.
    let actualSize: Int64?
    let encryption: DriveEncryption?
    /// Whether each part is encrypted with a key of its own.
    let hasPartKeys: Bool
    /// The record of the checksums that clients gave, sealed where the object is encrypted.
    let checksums: [UInt8]?
    /// The remote tier in which the data is; nil when it is here.
    let tier: String?
    /// When tags, retention and legal hold were changed last, as the server has written it: another text is another change.
    let changes: String
    /// Whether it is deleted already, but for its replicas.
    let isPurged: Bool

    init(_ entries: [String: [UInt8]]) throws(DriveFault) {
        // Names are compared without their case, as Go's headers are.
        let entries = Dictionary(
            entries.map { ($0.key.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
        func text(_ name: String) -> String? {
            entries["x-minio-internal-\(name)"].map { String(decoding: $0, as: UTF8.self) }
        }
        isInline = text("inline-data") == "true"
        switch text("compression") {
        case nil: compression = nil
        case "klauspost/compress/s2", "golang/snappy/LZ77": compression = .s2
        case let other?: throw .unsupported("compressed by \(other)")
        }
        actualSize = text("actual-size").flatMap { Int64($0) }
        encryption = try DriveEncryption(entries)
        hasPartKeys = entries["x-minio-internal-encrypted-multipart"] != nil
        checksums = entries["x-minio-internal-crc"]
        tier = text("transition-status") == "complete" ? text("transition-tier") ?? "" : nil
        changes = ["tagging", "objectlock-retention", "objectlock-legalhold"]
            .map { text("\($0)-timestamp") ?? "" }.joined(separator: ",")
        isPurged = text("purgestatus").map { !$0.isEmpty } ?? false
    }
}
