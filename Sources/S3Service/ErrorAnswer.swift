import HTTPServer
import NIOCore
import Requests
import S3Protocol

/// An error as the client gets it: an XML document, or for HEAD the two headers that MinIO's clients read instead.
struct ErrorAnswer {
    private let error: S3Error
    private let isHead: Bool
    private let region: String
    private let document: [UInt8]

    init(_ error: S3Error, record: RequestRecord, settings: ServiceSettings) {
        self.error = error
        isHead = record.head.method == "HEAD"
        region = settings.region ?? "us-east-1"
        guard !isHead else {
            document = []
            return
        }
        let target = try? RequestTarget(record.head.target)
        document = errorDocument(
            error, resource: target?.rawPath ?? "/", requestID: record.id, hostID: record.id, bucket: record.bucket,
            key: record.key, region: settings.region)
    }

    func head(_ common: [(name: String, value: String)]) -> ResponseHead {
        var headers = common + error.headers
        if error.status == 503, !error.headers.contains(where: { $0.name == "retry-after" }) {
            headers.append(("retry-after", "5"))
        }
        if isHead {
            // Without a document, only here can a client that signed for another region read the right one.
            headers.append(("x-amz-bucket-region", region))
            headers.append(("x-minio-error-code", error.code.rawValue))
            // Without it minio-go has its own words for a failed condition.
            if error.status != 412 {
                headers.append(("x-minio-error-desc", "\"\(error.message.replacing("\"", with: "\\\""))\""))
            }
        } else {
            headers.append(("content-type", "application/xml"))
        }
        return ResponseHead(status: error.status, headers: headers, contentLength: Int64(document.count))
    }

    var body: ByteBuffer? { document.isEmpty ? nil : ByteBuffer(bytes: document) }
}
