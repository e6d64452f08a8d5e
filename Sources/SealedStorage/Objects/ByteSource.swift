package import NIOCore
package import S3Protocol

/// Bytes that come when they are asked for: a request's payload, a stored object, a file, a part of a form.
///
/// One task pulls ``next()`` until it gives `nil`; only then has everything been checked that the source promises, and
/// until then nothing made of it may become visible.
package protocol ByteSource: AnyObject, Sendable {
    /// Bytes in all, known before the first one comes.
    ///
    /// Of a source that learns it later, as of a long file in a form, it is a guess until ``next()`` has given `nil`: too
    /// small by a few bytes at most. A wrong one costs that all is written twice.
    var length: Int64 { get }

    /// Asks for the MD5 of all bytes; before the first ``next()``.
    func computeMD5()

    /// The next bytes, never empty; `nil` when all have come and were verified.
    func next() async throws -> ByteBuffer?

    /// Bytes that should be gathered in memory before they are written: few while the rest may stay away for long.
    ///
    /// It changes while the bytes come.
    var blockBytes: Int { get }

    /// The MD5, 16 bytes, when it was asked for; there after ``next()`` gave `nil`.
    var md5: [UInt8]? { get }

    /// The checksum that came with the bytes, or that its sender wants kept; there after ``next()`` gave `nil`.
    var checksum: S3Checksum? { get }

    /// The algorithm of ``checksum``, known before the first byte comes; `nil` when it has none: who writes the bytes
    /// computes one then.
    var checksumAlgorithm: S3ChecksumAlgorithm? { get }
}

extension ByteSource {
    package var checksumAlgorithm: S3ChecksumAlgorithm? { nil }

    /// The entity tag of an object or part with these bytes: their MD5 when that was asked for, else one that no client
    /// takes for an MD5.
    var etag: ETag { md5.map { ETag(md5: $0) } ?? ETag.opaque() }
}
