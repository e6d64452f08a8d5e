import AccessPolicy
import Maintenance
import S3Protocol

/// How far a job has come: `mc batch status`.
enum BatchJobStatus: AdminOperation {
    static let routes = ["GET /minio/admin/v3/status-job"]
    static let required = ["jobId"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.listBatchJobs) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let job = try context.jobs.required(request.required("jobId"))
        try await reply.send(["LastMetric": JobMetricDocument(job)])
    }
}

/// What a job is to do: `mc batch describe`.
enum DescribeBatchJob: AdminOperation {
    static let routes = ["GET /minio/admin/v3/describe-job"]
    static let required = ["jobId"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.describeBatchJob) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let job = try context.jobs.required(request.required("jobId"))
        // It was read before, or it would not be a job.
        let sent = (try? JobDocument(job.description)) ?? .null
        let kinds = ["replicate", "keyrotate", "expire"].map { (key: $0, value: sent[$0] ?? .null) }
        try await reply.send(Array(JobDocument.mapping(kinds).text.utf8), type: "text/plain")
    }
}

/// Ends a job and forgets it; one that is not there is what is wanted: `mc batch cancel`.
enum CancelBatchJob: AdminOperation {
    static let routes = ["DELETE /minio/admin/v3/cancel-job"]
    static let required = ["id"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.cancelBatchJob) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let id = try request.required("id")
        guard !id.isEmpty else { throw S3Error(.xMinioAdminInvalidArgument) }
        try await context.jobs.cancel(id)
        await reply.sendNothing(status: 204)
    }
}

extension BatchJobs {
    /// - Throws: `XMinioAdminNoSuchJob`.
    func required(_ id: String) throws -> BatchJob {
        guard !id.isEmpty else { throw S3Error(.xMinioAdminInvalidArgument) }
        guard let job = try job(id) else { throw S3Error(.xMinioAdminNoSuchJob) }
        return job
    }
}
