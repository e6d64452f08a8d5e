import HTTPServer
import NIOCore
import S3Protocol

/// An error as the client gets it: an XML document, or for HEAD the two headers that MinIO's clients read instead.
struct ErrorAnswer {
    private let error: S3Error
    private let isHead: Bool
    private let document: [UInt8]

    init(_ error: S3Error, request: RequestHead, id: String, region: String?) {
        self.error = error
        isHead = request.method == "HEAD"
        guard !isHead else {
            document = []
            return
        }
        let target = try? RequestTarget(request.target)
        let resource = target.flatMap { try? ResourceAddress($0, host: nil) }
        document = errorDocument(
            error, resource: target?.rawPath ?? "/", requestID: id, hostID: id, bucket: resource?.bucket?.rawValue,
            key: resource?.object?.rawValue, region: region)
    }

    func head(_ common: [(name: String, value: String)]) -> ResponseHead {
        var headers = common + error.headers
        if error.status == 503, !error.headers.contains(where: { $0.name == "retry-after" }) {
            headers.append(("retry-after", "5"))
        }
        if isHead {
            headers.append(("x-minio-error-code", error.code.rawValue))
            headers.append(("x-minio-error-desc", "\"\(error.message.replacing("\"", with: "\\\""))\""))
        } else {
            headers.append(("content-type", "application/xml"))
        }
        return ResponseHead(status: error.status, headers: headers, contentLength: Int64(document.count))
    }

    var body: ByteBuffer? { document.isEmpty ? nil : ByteBuffer(bytes: document) }
}

/// A request target as logs may show it: without the query of a presigned request.
package struct LoggedTarget: CustomStringConvertible {
    package let description: String

    package init(_ target: String) {
        guard let mark = target.firstIndex(of: "?") else {
            description = target
            return
        }
        let query = target[target.index(after: mark)...].split(separator: "&").map { pair in
            let name = pair.prefix { $0 != "=" }
            return Self.shown.contains(name.lowercased()) ? String(pair) : "\(name)=…"
        }
        description = target[..<mark] + "?" + query.joined(separator: "&")
    }

    /// Values that help and cannot be secret.
    private static let shown: Set<String> = [
        "list-type", "prefix", "delimiter", "max-keys", "partnumber", "uploadid", "versionid", "encoding-type", "x-id",
    ]
}
