import Encryption
package import ObjectStorage
package import S3Protocol

/// A version of an object as one look-up found it: its row, its opened record, and what holds its bytes.
///
/// A class, because it is handed from function to function: a copy is one reference instead of two dozen.
package final class StoredObject: Sendable {
    private let found: FoundVersion
    package let record: ObjectRecord

    init(_ found: FoundVersion, _ record: ObjectRecord) {
        self.found = found
        self.record = record
    }

    var version: StoredVersion { found.version }
    package var columns: VersionColumns { found.version.columns }
    /// The row of the data key that its object key is sealed under.
    var dataKey: DataKeyRow? { found.dataKey }
    /// The name of the key service's key that wraps the data key; `nil` under a client's key.
    package var keyName: String? { dataKey?.kmsKey }
    /// The sealed bytes of a body that is kept in the catalogue, when the look-up was for the body too.
    var inline: [UInt8]? { found.inline }
    /// The sealed list of its parts, when it has any and the look-up was for the body too.
    var manifest: [UInt8]? { found.manifest }
    /// Keeps blob files of an overwritten or deleted object until they have been read.
    var lease: ReadLease? { found.lease }

    /// The version's identifier as clients of this bucket are told it; nil in a bucket without versioning.
    package func versionID(in bucket: Bucket) -> String? {
        bucket.versioning == .unversioned ? nil : columns.clientID
    }

    /// False when its part manifest is so long that it is not to be opened on an event loop.
    package var isManifestShort: Bool { record.partCount <= 256 }

    func key(_ customerKey: CustomerKey?) -> StoredObjectKey {
        StoredObjectKey(
            record: record.encryption, bucket: columns.bucket, dataKey: dataKey, customerKey: customerKey,
            name: columns.key)
    }
}

/// A new object as its writer wants it, but for its bytes.
package struct ObjectDraft: Sendable {
    package let bucket: Bucket
    package let key: ObjectName
    package let encryption: EncryptionDecision
    package let attributes: ObjectAttributes
    /// Milliseconds since 1970.
    package let modified: Int64
    /// What is to be told once it is written; `nil` where nobody is to be told.
    package let notice: ChangeNotice?
    /// What it has from the drive that it is imported from; nil for what a client writes.
    package let imported: ImportedVersion?

    package init(
        bucket: Bucket, key: ObjectName, encryption: EncryptionDecision, attributes: ObjectAttributes, modified: Int64,
        notice: ChangeNotice? = nil, imported: ImportedVersion? = nil
    ) {
        self.bucket = bucket
        self.key = key
        self.encryption = encryption
        var attributes = attributes
        // A copy of what was imported comes from here.
        if imported == nil { attributes.origin = nil }
        self.attributes = attributes
        self.modified = modified
        self.notice = notice
        self.imported = imported
    }
}

/// A version that was written and is durable.
package struct WrittenObject: Sendable {
    package let columns: VersionColumns
    package let record: ObjectRecord
    package let encryption: AppliedEncryption

    init(_ columns: VersionColumns, record: ObjectRecord, encryption: AppliedEncryption) {
        self.columns = columns
        self.record = record
        self.encryption = encryption
    }
}

extension WrittenObject {
    /// The identifier of the version that was added, as clients are told it; nil for a null version, which is none that a
    /// writer has to remember.
    package var newVersionID: String? { columns.flags.contains(.nullVersion) ? nil : columns.clientID }
}

/// How clients name the null version of a key.
package let nullVersionID = "null"

extension VersionColumns {
    /// The version's identifier as clients are told it: `null`, or 32 characters that mean nothing to them.
    package var clientID: String { flags.contains(.nullVersion) ? nullVersionID : version.hex }
}
