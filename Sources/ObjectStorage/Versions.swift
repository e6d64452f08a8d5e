package struct VersionFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The version says that the key is gone; it has no body and listings leave it out.
    package static let deleteMarker = VersionFlags(rawValue: 1)
    /// The version is the one that a bucket without versioning has of each key.
    package static let nullVersion = VersionFlags(rawValue: 2)
}

/// Where the bytes of a version are.
package enum BodyKind: Int64, Sendable {
    case none = 0
    /// The bytes are a row of the catalogue's table for small bodies.
    case inline = 1
    /// The bytes are one blob file.
    case file = 2
    /// The bytes are the blob files of a completed multipart upload, which a sealed manifest lists.
    case parts = 3
    /// Nobody knows: the row is damaged. Its record does not open; the version can be listed, written over and deleted.
    case unreadable = 255

    /// Whether reading it opens files, which a lease must keep.
    var isInFiles: Bool {
        switch self {
        case .none, .inline, .unreadable: false
        case .file, .parts: true
        }
    }
}

/// The columns of a version that the catalogue holds in clear, because it must search, sort or count by them.
package struct VersionColumns: Hashable, Sendable {
    package var bucket: BucketID
    package var key: String
    package var version: VersionID
    /// From ``ObjectStore/nextOrder()``: a later version of a key has the greater order.
    package var order: Int64
    /// Bytes of plaintext.
    package var size: Int64
    /// Milliseconds since 1970.
    package var modified: Int64
    package var flags: VersionFlags
    /// Nil when no data key is needed to read the object.
    package var dataKey: DataKeyID?
    package var body: BodyKind
    /// The file, when and only when `body` is `.file`.
    package var blob: BlobID?

    package init(
        bucket: BucketID, key: String, version: VersionID, order: Int64, size: Int64, modified: Int64,
        flags: VersionFlags, dataKey: DataKeyID?, body: BodyKind, blob: BlobID?
    ) {
        self.bucket = bucket
        self.key = key
        self.version = version
        self.order = order
        self.size = size
        self.modified = modified
        self.flags = flags
        self.dataKey = dataKey
        self.body = body
        self.blob = blob
    }

    /// Every column in one unambiguous encoding, to be bound to the sealed record: an edited row then does not open.
    ///
    /// Numbers are big-endian, the key carries its length, and what may be absent is preceded by a byte 0 or 1.
    package var associatedData: [UInt8] {
        var bytes: [UInt8] = []
        withAssociatedData { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Lends the same bytes.
    package func withAssociatedData(_ use: (UnsafeRawBufferPointer) -> Void) {
        let length = key.utf8.count
        withUnsafeTemporaryAllocation(byteCount: length + 96, alignment: 8) { buffer in
            var output = BigEndianOutput(buffer)
            output.put(UInt8(1))
            output.put(bucket.rawValue)
            output.put(UInt32(length))
            output.put(key, length: length)
            output.put(version.high)
            output.put(version.low)
            output.put(order)
            output.put(size)
            output.put(modified)
            output.put(flags.rawValue)
            output.put(UInt8(dataKey == nil ? 0 : 1))
            if let dataKey { output.put(dataKey.rawValue) }
            output.put(UInt8(truncatingIfNeeded: body.rawValue))
            output.put(UInt8(blob == nil ? 0 : 1))
            if let blob {
                output.put(blob.high)
                output.put(blob.low)
            }
            use(UnsafeRawBufferPointer(rebasing: buffer[..<output.count]))
        }
    }
}

/// A version as the catalogue holds it.
package struct StoredVersion: Hashable, Sendable {
    package let columns: VersionColumns
    package let sealed: [UInt8]

    package init(columns: VersionColumns, sealed: [UInt8]) {
        self.columns = columns
        self.sealed = sealed
    }
}

/// The bytes that a new version brings along.
package enum NewBody: Sendable {
    case inline([UInt8])
    case file(FinishedBlob)
    /// An empty body, or the parts of the upload that is being completed.
    case none
    /// A file to which another version refers already: nothing is copied.
    case sharedFile(BlobID)
    /// The parts that another version, of these columns, has already, and their sealed manifest.
    indirect case sharedParts(of: VersionColumns, manifest: [UInt8])

    /// The kind that the row of a version with this body has.
    package var kind: BodyKind {
        switch self {
        case .inline: .inline
        case .file, .sharedFile: .file
        case .none: .none
        case .sharedParts: .parts
        }
    }

    /// The file that a version with this body names in its columns.
    package var blob: BlobID? {
        switch self {
        case .file(let finished): finished.id
        case .sharedFile(let blob): blob
        case .inline, .none, .sharedParts: nil
        }
    }
}

/// A version to be stored.
///
/// With ``VersionFlags/nullVersion`` it takes the place of the null version that the key has, as in a bucket without
/// versioning; without, it joins the versions that the key has.
package struct NewVersion: Sendable {
    package let columns: VersionColumns
    package let sealed: [UInt8]
    package let body: NewBody
    /// Inserted in the same transaction, unless it is there.
    package let dataKey: DataKeyRow?
    /// Annotations that it has from the beginning, stored in the same transaction; at most ``greatestAnnotationCount``.
    package var annotations: [NewVersion] = []
    /// Whether it comes from elsewhere with its history: it stays a null version, or none, whatever a bucket with
    /// versioning writes now.
    ///
    /// In a bucket with ``BucketVersioning/locked`` it takes no version's place.
    package var keepsKind = false
    /// What targets are to be told once it is stored.
    package var events: [NewEvent]

    package init(
        columns: VersionColumns, sealed: [UInt8], body: NewBody, dataKey: DataKeyRow?, events: [NewEvent] = []
    ) {
        self.columns = columns
        self.sealed = sealed
        self.body = body
        self.dataKey = dataKey
        self.events = events
    }
}

/// A blob file whose bytes are durable and which waits for the row that refers to it.
///
/// If no row comes, the store unlinks the file: at once when the commit fails, after an hour when none is tried.
package struct FinishedBlob: Hashable, Sendable {
    package let id: BlobID
    /// Bytes of the file.
    package let length: Int64
}
