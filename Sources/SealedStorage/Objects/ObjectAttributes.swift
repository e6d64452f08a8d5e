package import S3Protocol

/// What the client said about an object when it wrote it.
package struct ObjectAttributes: Sendable {
    package var headers = ContentHeaders()
    /// `x-amz-meta-*`, lower-case names without the prefix, in the order sent.
    package var metadata: [(name: String, value: String)] = []
    package var tags: [(key: String, value: String)] = []
    /// As sent, when it is not STANDARD.
    ///
    /// This server has one class; clients see theirs again.
    package var storageClass: String?
    /// Where a website would send who asks for the object, as sent.
    ///
    /// This server serves no websites; clients see theirs again.
    package var websiteRedirect: String?

    /// What keeps the version from being removed; only in a bucket with object lock.
    ///
    /// A copy does not have its source's.
    package var lock = ObjectLock()

    /// The name of the annotation that the bytes are; nil for an object.
    package var annotation: AnnotationName?

    /// Which version of another server's drive this one was imported from: what tells it from that drive's others.
    ///
    /// Clients are not told.
    package var origin: String?

    package init() {}
}
