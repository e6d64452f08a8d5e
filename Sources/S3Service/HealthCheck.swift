import HTTPServer
import KeyManagement
import Logging
import Requests
import S3Protocol
import SealedStorage

/// MinIO's health addresses, for load balancers and container runtimes.
///
/// Anonymous, GET and HEAD, empty answers.
struct HealthCheck: Sendable {
    static let prefix: StaticString = "/minio/health/"

    private let context: ServiceContext
    private let pipeline: RequestPipeline
    private let keyService: KeyServiceProbe

    init(context: ServiceContext, pipeline: RequestPipeline) {
        self.context = context
        self.pipeline = pipeline
        keyService = KeyServiceProbe(
            context.keys.service,
            report: { [logger = context.logger] failure in
                logger.warning("not ready: the key service does not answer", metadata: ["cause": "\(failure)"])
            })
    }

    private enum Address: String {
        case live, ready, cluster
        case clusterRead = "cluster/read"
    }

    private func address(_ head: RequestHead) -> Address? {
        guard head.method == "GET" || head.method == "HEAD" else { return nil }
        let target = head.originForm
        guard target.begins(with: Self.prefix),
            // In a bucket with a host name of its own the path is a key.
            !context.settings.namesBucket(head.headers.firstValue(of: "host"))
        else { return nil }
        return Address(rawValue: String(target.prefix { $0 != "?" }.dropFirst(Self.prefix.utf8CodeUnitCount)))
    }

    func serves(_ head: RequestHead) -> Bool { address(head) != nil }

    /// The answer to a request for a health address; `nil` for others.
    func answer(to request: HTTPRequest) -> HTTPAnswer? {
        guard let address = address(request.head) else { return nil }
        let record = pipeline.begin(request, .health)
        record.operation = address.rawValue
        switch address {
        // The process answers: asks nobody.
        case .live:
            return pipeline.answer(
                HTTPResponse(ResponseHead(status: 200, headers: [("server", "Coffer")], contentLength: 0)), record)
        case .ready:
            return pipeline.answer(record) { response in
                let head = await ready()
                record.answers(head)
                await response.send(HTTPResponse(head))
            }
        case .cluster, .clusterRead: return pipeline.answer(HTTPResponse(cluster()), record)
        }
    }

    private func cluster() -> ResponseHead {
        let isWritable = isDriveWritable
        return ResponseHead(
            status: isWritable ? 200 : 503,
            headers: [
                ("server", "Coffer"), ("x-minio-read-quorum", "1"), ("x-minio-write-quorum", "1"),
                ("x-minio-storage-class-defaults", "true"),
            ] + (isWritable ? [] : [("x-minio-server-status", "offline")]),
            contentLength: 0)
    }

    /// The drive takes writes, its keys are open, and the key service made a data key a few seconds ago.
    private func ready() async -> ResponseHead {
        var headers = [(name: "server", value: "Coffer")]
        guard isDriveWritable else {
            headers += [("x-minio-server-status", "offline"), ("retry-after", "5")]
            return ResponseHead(status: 503, headers: headers, contentLength: 0)
        }
        // That the drive's keys are not open yet is in the log already, and why.
        if !context.drive.records.isLocked, await keyService.failure() == nil {
            return ResponseHead(status: 200, headers: headers, contentLength: 0)
        }
        headers += [("x-minio-server-status", "offline"), ("retry-after", "5")]
        return ResponseHead(status: 503, headers: headers, contentLength: 0)
    }

    private var isDriveWritable: Bool {
        do {
            try context.drive.checkWritable()
            return true
        } catch {
            context.logger.warning("the drive does not take writes", metadata: ["cause": "\(error)"])
            return false
        }
    }
}
