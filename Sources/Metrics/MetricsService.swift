import FoundationEssentials
package import HTTPServer
import NIOCore
import Notation
package import Requests
import S3Protocol

/// Answers scrapes: MinIO's pages of metrics with its names, and ours among them.
///
/// A scrape reads counters, and what is remembered of the drive; however often it comes, the drive is looked at every few
/// seconds at most.
package final class MetricsService: HTTPHandler {
    package enum Access: Sendable {
        /// A token, as `mc admin prometheus generate` makes it.
        case token
        case everybody
    }

    private let sources: MetricsSources
    private let readings: Readings
    private let access: Access
    private let pipeline: RequestPipeline

    package init(_ sources: MetricsSources, access: Access, pipeline: RequestPipeline) {
        self.sources = sources
        self.access = access
        self.pipeline = pipeline
        readings = Readings(sources, now: Clock.milliseconds)
    }

    /// Whether a path-style request target is this service's: no bucket can have such a path.
    package static func serves(_ target: String) -> Bool {
        MetricsPath.prefixes.contains { target.hasPrefix($0) }
    }

    package func answer(_ request: HTTPRequest) -> HTTPAnswer {
        let record = pipeline.begin(request, .metrics)
        return pipeline.answer(record) { response in
            let answer = await self.document(request, record)
            record.answers(answer.head)
            record.bytesSent = Int64(answer.body?.readableBytes ?? 0)
            await response.send(answer)
        }
    }

    private func document(_ request: HTTPRequest, _ record: RequestRecord) async -> HTTPResponse {
        do throws(S3Error) {
            let target = request.head.originForm
            let path = target.prefix { $0 != "?" }
            guard request.head.method == "GET" || request.head.method == "HEAD" else {
                throw S3Error(.methodNotAllowed)
            }
            record.operation = "Scrape"
            switch access {
            case .everybody: break
            case .token: try pipeline.authenticate(scrape: request.head.header("authorization"), record)
            }
            guard let page = MetricsPath(path) else {
                throw S3Error(.badRequest, "There are no metrics at this address.", status: 404)
            }
            let scrape = Scrape(sources, readings, server: "\(sources.host):\(request.connection.localPort)")
            await scrape.write(page)
            let isList = target.hasSuffix("?list")
            let body = isList ? Array(scrape.text.markdown.utf8) : scrape.text.bytes
            let type = isList ? "text/plain; charset=utf-8" : PrometheusText.contentType
            return respond(200, [("content-type", type)], ByteBuffer(bytes: body), record)
        } catch {
            pipeline.note(error, error, record)
            let document = RefusalDocument(error, resource: record.head.target.prefix { $0 != "?" }, id: record.id)
            let body = (try? JSONEncoder().encode(document)).map { ByteBuffer(bytes: $0) }
            return respond(error.status, [("content-type", "application/json")], body, record)
        }
    }

    private func respond(
        _ status: Int, _ headers: [(name: String, value: String)], _ body: ByteBuffer?, _ record: RequestRecord
    ) -> HTTPResponse {
        HTTPResponse(
            ResponseHead(
                status: status, headers: RequestPipeline.commonHeaders(record) + headers,
                contentLength: Int64(body?.readableBytes ?? 0)), body: body)
    }
}

/// As the administration refuses.
private struct RefusalDocument: Encodable {
    let code: String
    let message: String
    let resource: String
    let requestID: String
    let hostID: String

    init(_ error: S3Error, resource: Substring, id: String) {
        code = error.code.rawValue
        message = error.message
        self.resource = String(resource)
        requestID = id
        hostID = id
    }

    enum CodingKeys: String, CodingKey {
        case code = "Code"
        case message = "Message"
        case resource = "Resource"
        case requestID = "RequestId"
        case hostID = "HostId"
    }
}
