import Encryption
import ObjectStorage
import S3Protocol

/// An upload as its operations see it.
struct Upload: Sendable {
    let row: UploadRow
    let record: UploadRecord
}

extension ServiceContext {
    /// The upload that a request names, which must be of this bucket and key.
    ///
    /// - Throws: `NoSuchUpload`.
    func upload(_ id: String, bucket: Bucket, object: ObjectName) throws -> Upload {
        guard let upload = try findUpload(id, bucket: bucket, object: object) else { throw S3Error.noSuchUpload(id) }
        return upload
    }

    /// The same, or `nil`.
    func findUpload(_ id: String, bucket: Bucket, object: ObjectName) throws -> Upload? {
        guard let id = UploadID(hex: id), let row = try store.upload(id), row.bucket == bucket.id,
            row.key == object.rawValue
        else { return nil }
        return Upload(row: row, record: try catalogue.open(row))
    }

    /// The KMS key to show for an upload's or an object's encryption.
    func kmsKey(of encryption: EncryptionRecord, dataKey: DataKeyID?) throws -> String? {
        guard encryption.scheme == .sseKMS, let dataKey else { return nil }
        return try dataKeys.row(dataKey).kmsKey
    }
}

extension S3Error {
    static func noSuchUpload(_ id: String) -> S3Error { S3Error(.noSuchUpload, details: [("UploadId", id)]) }
}
