import CLinux

/// A bucket: its name, its date, its versioning and its quota in clear, all other settings in the sealed record.
package struct BucketRow: Hashable, Sendable {
    package let id: BucketID
    package let name: String
    /// Milliseconds since 1970.
    package let created: Int64
    package let versioning: BucketVersioning
    /// Keys that have no versions all the same; nil when all are alike.
    package let exclusions: VersioningExclusions?
    /// The most bytes that the versions of the bucket may have together; nil when that has no bound.
    package let quota: Int64?
    package let sealed: [UInt8]

    package init(
        id: BucketID, name: String, created: Int64, versioning: BucketVersioning = .unversioned,
        exclusions: VersioningExclusions? = nil, quota: Int64? = nil, sealed: [UInt8]
    ) {
        self.id = id
        self.name = name
        self.created = created
        self.versioning = versioning
        self.exclusions = exclusions
        self.quota = quota
        self.sealed = sealed
    }

    package var versioningRule: VersioningRule { VersioningRule(versioning, except: exclusions) }
}

/// A data key as the key service wrapped it; the store counts the versions and uploads that use it.
///
/// A class, because the requests that read one are many: a copy is one reference.
package final class DataKeyRow: Sendable {
    package let id: DataKeyID
    /// The name of the key service's key that wraps this one.
    package let kmsKey: String
    package let wrapped: [UInt8]
    /// The context that the key service bound to it, opaque here.
    package let context: [UInt8]
    /// Milliseconds since 1970.
    package let created: Int64
    /// True while further objects may still begin to use it; see ``ObjectStore/retireDataKeys(_:)``.
    package let isShared: Bool
    /// The run of the process that made the key, see ``ObjectStore/epoch``; zero when no row has it yet, and for keys
    /// that are older than runs are counted.
    package let epoch: Int64
    /// A number made of the wrapped bytes with which the key was stored first: after a rewrap the key is known by it.
    let origin: Int64

    /// A new key, or another wrapping of a stored one.
    package convenience init(
        id: DataKeyID, kmsKey: String, wrapped: [UInt8], context: [UInt8], created: Int64, isShared: Bool
    ) {
        self.init(
            id: id, kmsKey: kmsKey, wrapped: wrapped, context: context, created: created, isShared: isShared,
            epoch: 0, origin: fingerprint(of: wrapped))
    }

    init(
        id: DataKeyID, kmsKey: String, wrapped: [UInt8], context: [UInt8], created: Int64, isShared: Bool,
        epoch: Int64, origin: Int64
    ) {
        self.id = id
        self.kmsKey = kmsKey
        self.wrapped = wrapped
        self.context = context
        self.created = created
        self.isShared = isShared
        self.epoch = epoch
        self.origin = origin
    }
}

extension DataKeyRow: Hashable {
    package static func == (one: DataKeyRow, other: DataKeyRow) -> Bool {
        one.id == other.id && one.kmsKey == other.kmsKey && one.wrapped == other.wrapped
            && one.context == other.context && one.created == other.created && one.isShared == other.isShared
            && one.epoch == other.epoch && one.origin == other.origin
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(wrapped)
    }
}

/// 64 bits that differ, but for a chance in 2⁶⁴, from those of any other bytes that are random, as wrappings of keys are,
/// or damaged.
func fingerprint(of bytes: [UInt8]) -> Int64 {
    let crc = bytes.withUnsafeBytes { coffer_crc_update(COFFER_CRC64NVME, .max, $0.baseAddress, $0.count) }
    return Int64(bitPattern: crc)
}

/// A multipart upload that is neither completed nor aborted.
package struct UploadRow: Hashable, Sendable {
    package let id: UploadID
    package let bucket: BucketID
    package let key: String
    /// Milliseconds since 1970.
    package let initiated: Int64
    package let dataKey: DataKeyID?
    package var sealed: [UInt8]

    package init(
        id: UploadID, bucket: BucketID, key: String, initiated: Int64, dataKey: DataKeyID?, sealed: [UInt8]
    ) {
        self.id = id
        self.bucket = bucket
        self.key = key
        self.initiated = initiated
        self.dataKey = dataKey
        self.sealed = sealed
    }
}

/// One part of a multipart upload.
package struct PartRow: Hashable, Sendable {
    package let number: Int
    package let blob: BlobID
    /// Bytes of the blob file.
    package let length: Int64
    /// Bytes of plaintext.
    package let size: Int64
    /// Milliseconds since 1970.
    package let modified: Int64
    package var sealed: [UInt8]

    package init(number: Int, blob: BlobID, length: Int64, size: Int64, modified: Int64, sealed: [UInt8]) {
        self.number = number
        self.blob = blob
        self.length = length
        self.size = size
        self.modified = modified
        self.sealed = sealed
    }
}

/// An upload that became a version, kept for a day so that the request that completed it can be answered again.
package struct CompletedUpload: Hashable, Sendable {
    package let id: UploadID
    package let bucket: BucketID
    package let key: String
    /// The version that it became, whatever has happened to it since.
    package let version: VersionID
    /// Milliseconds since 1970.
    package let completed: Int64
    /// What the caller gave to be kept, sealed by it.
    package let receipt: [UInt8]
}

/// An upload with the data key that its row names, from one snapshot.
package struct FoundUpload: Sendable {
    package let upload: UploadRow
    package let dataKey: DataKeyRow?
}
