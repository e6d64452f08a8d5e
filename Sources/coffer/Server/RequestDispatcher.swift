import AdminService
import HTTPServer
import S3Protocol
import S3Service

/// Hands each request to the service whose it is, by its path.
struct RequestDispatcher: HTTPHandler {
    private let s3: S3Service
    private let admin: AdminService

    init(context: ServiceContext, verifier: SigV4Verifier) {
        s3 = S3Service(context: context, verifier: verifier)
        admin = AdminService(context: context, verifier: verifier)
    }

    func answer(_ request: HTTPRequest) -> HTTPAnswer {
        AdminService.serves(request.head.target) ? admin.answer(request) : s3.answer(request)
    }
}
