import Glibc
import ObjectStorage
import S3Protocol
import Threading

/// Records of object versions that were opened lately.
///
/// Opening one costs as much as looking it up. What is kept is asked for with the whole row at hand, sealed record and
/// clear columns: only a row that is the same to the byte is answered from here, so nothing passes that would not open.
/// Never holds an opened key.
final class OpenedRecords: Sendable {
    private static let capacity = 4096
    /// Bytes of the longest sealed record that is kept, so that the memory for all is bounded.
    private static let sealedBytes = 2048

    private final class Entry: Sendable {
        let version: StoredVersion
        let record: ObjectRecord

        init(_ version: StoredVersion, _ record: ObjectRecord) {
            self.version = version
            self.record = record
        }
    }

    private let entries = ShortLock(SecondChanceCache<VersionID, Entry>(capacity: capacity))

    subscript(version: StoredVersion) -> ObjectRecord? {
        guard let known = entries.withLock({ $0.use(version.columns.version) }), known.version.isSame(as: version)
        else { return nil }
        return known.record
    }

    func keep(_ record: ObjectRecord, of version: StoredVersion) {
        guard version.sealed.count <= Self.sealedBytes else { return }
        let entry = Entry(version, record)
        // What had to make room is let go of behind the lock.
        _ = entries.withLock { $0.insert(entry, for: version.columns.version) }
    }
}

extension StoredVersion {
    /// Whether the rows are the same to the byte; `==` would do, but for texts, which are equal in more ways than one.
    ///
    /// Numbers as such: the `==` of a type that has a raw value is generic, and not specialised here.
    fileprivate func isSame(as other: StoredVersion) -> Bool {
        haveSameBytes(sealed, other.sealed) && columns.order == other.columns.order
            && columns.size == other.columns.size
            && columns.modified == other.columns.modified && columns.version == other.columns.version
            && columns.bucket.rawValue == other.columns.bucket.rawValue
            && columns.flags.rawValue == other.columns.flags.rawValue
            && columns.dataKey?.rawValue == other.columns.dataKey?.rawValue
            && columns.body.rawValue == other.columns.body.rawValue
            && columns.blob == other.columns.blob && columns.key.hasSameBytes(as: other.columns.key)
    }
}

/// `==` compares byte by byte.
private func haveSameBytes(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    one.withUnsafeBytes { one in
        other.withUnsafeBytes { other in
            guard let first = one.baseAddress, let second = other.baseAddress else { return one.count == other.count }
            return one.count == other.count && memcmp(first, second, one.count) == 0
        }
    }
}
