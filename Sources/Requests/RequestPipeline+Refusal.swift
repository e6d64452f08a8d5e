package import HTTPServer
import JSON
import NIOCore
package import S3Protocol

extension RequestPipeline {
    /// A refusal as MinIO's administration words it: a JSON document, noted in the record as the answer.
    package static func refusal(_ error: S3Error, _ record: RequestRecord) -> HTTPResponse {
        var json: [UInt8] = [UInt8(ascii: "{")]
        json.appendMember("Code", text: error.code.rawValue)
        json.appendMember("Message", text: error.message)
        json.appendMember("Resource", text: String(record.head.target.prefix { $0 != "?" }))
        json.appendMember("RequestId", text: record.id)
        json.appendMember("HostId", text: record.id)
        json.append(UInt8(ascii: "}"))
        var head = ResponseHead(
            status: error.status, headers: commonHeaders(record) + error.headers, contentLength: Int64(json.count))
        head.headers.append(("content-type", "application/json"))
        record.answers(head)
        record.bytesSent = Int64(json.count)
        return HTTPResponse(head, body: ByteBuffer(bytes: json))
    }
}
