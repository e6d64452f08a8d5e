import ObjectStorage
import S3Protocol
import SealedStorage

extension WrittenObject {
    /// When the bucket's lifecycle ends the object, as a header; none when it does not.
    func expirationHeader(in bucket: Bucket) -> [(name: String, value: String)] {
        guard let lifecycle = bucket.lifecycle else { return [] }
        return lifecycle.expirationHeader(
            ofKey: columns.key, size: columns.size, modified: columns.modified, tags: record.attributes.tags)
    }
}
