import Accounts
import AdminService
import HTTPServer
import Requests
import S3Service
import STSService

/// Hands each request to the service whose it is, by its path.
struct RequestDispatcher: HTTPHandler {
    private let s3: S3Service
    private let admin: AdminService
    private let sts: STSService
    private let settings: ServiceSettings
    private let pipeline: RequestPipeline

    init(context: ServiceContext, accounts: Accounts, pipeline: RequestPipeline) {
        s3 = S3Service(context: context, pipeline: pipeline)
        admin = AdminService(drive: context.drive, pipeline: pipeline)
        sts = STSService(accounts: accounts, pipeline: pipeline)
        settings = context.settings
        self.pipeline = pipeline
    }

    func answer(_ request: HTTPRequest) -> HTTPAnswer {
        if isAdministration(request.head) { return admin.answer(request) }
        return isOfTokens(request.head) ? sts.answer(request) : s3.answer(request)
    }

    func refused(_ refusal: HTTPRefusal) {
        pipeline.end(refusal, FaultDocument.code(refusal.fault))
    }

    private func isOfTokens(_ head: RequestHead) -> Bool {
        head.method == "POST" && STSService.serves(head) && !settings.namesBucket(head.header("host"))
    }

    /// In a bucket with a host name of its own the path is a key, whatever it looks like.
    private func isAdministration(_ head: RequestHead) -> Bool {
        AdminService.serves(head.originForm) && !settings.namesBucket(head.header("host"))
    }
}
