package import Encryption
package import NIOCore

/// What is exported: the objects of a drive of this process, or of a server.
package protocol ExportSource: Sendable {
    /// The names of all buckets, in their order.
    func buckets() async throws -> [String]

    /// Whether versions of a bucket can be locked.
    func isLocked(_ bucket: String) async throws -> Bool

    /// A page of a bucket's versions and delete markers in the order of their keys, of a key the newest first.
    ///
    /// - Parameters:
    ///   - prefix: what keys begin with.
    ///   - place: nil for the first page.
    func page(of bucket: String, prefix: String, after place: ExportPlace?) async throws -> ExportPage

    /// A version, with bytes that have not been read yet.
    ///
    /// - Throws: ``ExportFault``.
    func open(_ entry: ExportEntry) async throws -> ExportedObject
}

/// Where a page begins: behind this version of this key.
package struct ExportPlace: Sendable {
    package let key: String
    package let version: String

    package init(key: String, version: String) {
        self.key = key
        self.version = version
    }
}

package struct ExportPage: Sendable {
    package let entries: [ExportEntry]
    /// Nil for the last one.
    package let next: ExportPlace?

    package init(entries: [ExportEntry], next: ExportPlace?) {
        self.entries = entries
        self.next = next
    }
}

/// A version as a listing shows it.
package struct ExportEntry: Sendable {
    package enum Content: Sendable {
        case deleteMarker
        /// - etag: without quotes.
        /// - size: bytes of plaintext.
        case object(etag: String, size: Int64)
    }

    package let bucket: String
    package let key: String
    /// `null` for that of a bucket without versioning.
    package let version: String
    package let isLatest: Bool
    /// Milliseconds since 1970.
    package let modified: Int64
    package let content: Content

    package init(
        bucket: String, key: String, version: String, isLatest: Bool, modified: Int64, content: Content
    ) {
        self.bucket = bucket
        self.key = key
        self.version = version
        self.isLatest = isLatest
        self.modified = modified
        self.content = content
    }

    package var size: Int64 {
        switch content {
        case .deleteMarker: 0
        case .object(_, let size): size
        }
    }

    package var isDeleteMarker: Bool {
        switch content {
        case .deleteMarker: true
        case .object: false
        }
    }
}

/// An object that is open to be exported.
package struct ExportedObject: Sendable {
    package let description: ExportDescription
    /// The customer's key that opens it, of SSE-C.
    package let customerKey: CustomerKey?
    /// Its bytes from the first on, each time anew.
    package let makeBody: @Sendable () async throws -> any ExportBody

    package init(
        description: ExportDescription, customerKey: CustomerKey?,
        makeBody: @escaping @Sendable () async throws -> any ExportBody
    ) {
        self.description = description
        self.customerKey = customerKey
        self.makeBody = makeBody
    }
}

/// The bytes of a version, each authenticated before it is given out.
///
/// One task at a time pulls ``next()``.
package protocol ExportBody: Sendable {
    /// About a mebibyte; nil behind the last.
    func next() async throws -> ByteBuffer?
}

/// Why a version cannot be read.
package enum ExportFault: Error, Sendable {
    case gone
    case damaged(String)
    case customerKeyMissing
    case keyMissing(String)
    case keyServiceAway(String)
}
