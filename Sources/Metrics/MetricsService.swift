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
            await response.send(await self.document(request, record))
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
            let head = ResponseHead(
                status: 200, headers: RequestPipeline.commonHeaders(record) + [("content-type", type)],
                contentLength: Int64(body.count))
            record.answers(head)
            record.bytesSent = Int64(body.count)
            return HTTPResponse(head, body: ByteBuffer(bytes: body))
        } catch {
            pipeline.note(error, error, record)
            return RequestPipeline.refusal(error, record)
        }
    }
}
