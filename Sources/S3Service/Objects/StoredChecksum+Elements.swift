import S3Protocol
import SealedStorage

extension StoredChecksum {
    /// The children of a CompleteMultipartUploadResult.
    var elements: [(name: String, value: String)] {
        [(algorithm.elementName, value), ("ChecksumType", type.rawValue)]
    }

    /// `x-amz-checksum-*`, and of which kind it is.
    var headers: [(name: String, value: String)] {
        [(algorithm.header, value), ("x-amz-checksum-type", type.rawValue)]
    }
}
