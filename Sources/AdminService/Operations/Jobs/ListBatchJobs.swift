import AccessPolicy
import Maintenance

/// The jobs that are remembered, running or ended: `mc batch list`.
enum ListBatchJobs: AdminOperation {
    static let routes = ["GET /minio/admin/v3/list-jobs"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.listBatchJobs) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let type = request.nonEmpty("jobType")
        let jobs = try context.jobs.all().filter { type == nil || $0.type == type }
        try await reply.send(Document(jobs: jobs.map { BatchJobDocument($0, now: request.time) }))
    }

    private struct Document: Encodable, Sendable {
        let jobs: [BatchJobDocument]
    }
}
