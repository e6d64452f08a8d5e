/// A bucket: its name and dates in clear, all settings in the sealed record.
package struct BucketRow: Hashable, Sendable {
    package let id: BucketID
    package let name: String
    /// Milliseconds since 1970.
    package let created: Int64
    package let sealed: [UInt8]

    package init(id: BucketID, name: String, created: Int64, sealed: [UInt8]) {
        self.id = id
        self.name = name
        self.created = created
        self.sealed = sealed
    }
}

/// A data key as the key service wrapped it; the store counts the versions and uploads that use it.
package struct DataKeyRow: Hashable, Sendable {
    package let id: DataKeyID
    /// The name of the key service's key that wraps this one.
    package let kmsKey: String
    package let wrapped: [UInt8]
    /// The context that the key service bound to it, opaque here.
    package let context: [UInt8]
    /// Milliseconds since 1970.
    package let created: Int64
    /// True while further objects may still begin to use it; see ``ObjectStore/retireDataKey(_:)``.
    package let isShared: Bool

    package init(id: DataKeyID, kmsKey: String, wrapped: [UInt8], context: [UInt8], created: Int64, isShared: Bool) {
        self.id = id
        self.kmsKey = kmsKey
        self.wrapped = wrapped
        self.context = context
        self.created = created
        self.isShared = isShared
    }
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
