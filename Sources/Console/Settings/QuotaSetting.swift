import JSON
import S3Protocol

/// How many bytes a bucket may have.
enum QuotaSetting {
    static func change(to value: JSONValue, of bucket: String) throws -> InnerRequest {
        var request = InnerRequest(
            "PUT", administration: "/minio/admin/v3/set-bucket-quota", query: [("bucket", bucket)])
        switch value {
        case .null: request.body = BucketQuota(bytes: 0).json()
        case .number(let text):
            guard let bytes = UInt64(text), bytes > 0 else {
                throw ConsoleError.invalid("The quota is not a number of bytes.")
            }
            request.body = BucketQuota(bytes: bytes).json()
        default: throw ConsoleError.invalid("The quota is not a number of bytes.")
        }
        return request
    }
}
