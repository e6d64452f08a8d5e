/// Sizes that S3 sets, in bytes.
enum ObjectLimit {
    /// The most bytes of one PutObject or UploadPart.
    static let singlePut: Int64 = 5 << 30
    /// The most bytes of a multipart object.
    static let object: Int64 = 5 << 40
    /// The fewest bytes of a part that is not the last of its object.
    static let smallestPart: Int64 = 5 << 20
}

/// Bounds of documents, in bytes.
enum DocumentLimit {
    /// An answer without a document, or with one of a bucket's and an object's names and some words.
    static let shortAnswer = 16 << 10
    /// A set of tags, an ACL, or a setting that says little; parsed on an event loop.
    static let smallSetting = 128 << 10
    /// A bucket's configuration.
    static let configuration = 1 << 20
    /// DeleteObjects with 1000 keys of 1024 bytes, CompleteMultipartUpload with 10 000 parts.
    static let list = 5 << 20
}
