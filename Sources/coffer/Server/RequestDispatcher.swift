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

    func handle(_ request: HTTPRequest, _ response: ResponseWriter) async {
        if AdminService.serves(request.head.target) {
            await admin.handle(request, response)
        } else {
            await s3.handle(request, response)
        }
    }
}
