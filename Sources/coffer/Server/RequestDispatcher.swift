import Accounts
import AdminService
import HTTPServer
import Metrics
import Requests
import S3Service
import STSService

/// Hands each request to the service whose it is, by its path.
struct RequestDispatcher: HTTPHandler {
    private let s3: S3Service
    private let admin: AdminService
    private let metrics: MetricsService
    private let sts: STSService
    private let settings: ServiceSettings
    private let pipeline: RequestPipeline

    init(context: ServiceContext, accounts: Accounts, metrics: MetricsService, pipeline: RequestPipeline) {
        s3 = S3Service(context: context, pipeline: pipeline)
        admin = AdminService(drive: context.drive, pipeline: pipeline)
        sts = STSService(accounts: accounts, pipeline: pipeline)
        self.metrics = metrics
        settings = context.settings
        self.pipeline = pipeline
    }

    /// In a bucket with a host name of its own the path is a key, whatever it looks like.
    func answer(_ request: HTTPRequest) -> HTTPAnswer {
        if isOfTokens(request.head) { return sts.answer(request) }
        let target = request.head.originForm
        // All that is not S3's is there, and few requests are.
        guard target.hasPrefix("/minio/"), !settings.namesBucket(request.head.header("host")) else {
            return s3.answer(request)
        }
        if AdminService.serves(target) { return admin.answer(request) }
        return MetricsService.serves(target) ? metrics.answer(request) : s3.answer(request)
    }

    func refused(_ refusal: HTTPRefusal) {
        pipeline.end(refusal, FaultDocument.code(refusal.fault))
    }

    private func isOfTokens(_ head: RequestHead) -> Bool {
        head.method == "POST" && STSService.serves(head) && !settings.namesBucket(head.header("host"))
    }
}
