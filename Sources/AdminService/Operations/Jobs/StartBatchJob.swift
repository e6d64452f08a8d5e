import AccessPolicy
import KeyManagement
import Maintenance
import Notation
import S3Protocol
import SealedStorage

/// Remembers a job, and begins it when those before it have ended: `mc batch start`.
enum StartBatchJob: AdminOperation {
    static let routes = ["POST /minio/admin/v3/start-job"]
    static let body = AdminBody.plain(limit: JobDocument.maximumByteCount)

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.startBatchJob) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let text = try request.text
        let definition = try JobDefinition(text)
        let bucketName: String
        switch definition.work {
        case .keyRotation(let job):
            bucketName = job.bucket
            try await requireKey(of: job, context)
        case .expiration(let job): bucketName = job.bucket
        }
        _ = try context.drive.buckets.bucket(BucketName(bucketName))
        let job: BatchJob
        do throws(BatchJobs.Refusal) {
            job = try await context.jobs.start(
                definition.work, user: request.principal.accessKey ?? "", description: text,
                notice: definition.notice)
        } catch {
            switch error {
            case .tooMany: throw S3Error(.slowDown, "As many jobs as are remembered are running.")
            case .storage(let cause): throw cause
            }
        }
        try await reply.send(BatchJobDocument(job, now: nil))
    }

    private static func requireKey(of job: KeyRotationJob, _ context: AdminContext) async throws {
        switch job.encryption {
        case .sseS3, .sseKMS(key: nil, _): break
        case .sseKMS(let name?, _):
            guard try await context.drive.keys.service.hasKey(KeyID(name)) else {
                throw KeyServiceError.keyNotFound(name)
            }
        }
    }
}

/// A job as lists have it.
struct BatchJobDocument: Encodable, Sendable {
    let id: String
    let type: String
    let user: String
    let started: String
    /// Nanoseconds.
    let elapsed: Int64?

    /// - Parameter now: milliseconds since 1970; `nil` for a job that has just begun.
    init(_ job: BatchJob, now: Int64?) {
        id = job.id
        type = job.type
        user = job.user
        started = HTTPDate.iso8601(job.started)
        let end = job.progress.hasEnded ? job.progress.updated : now
        elapsed = end.map { max(0, $0 - job.started) * 1_000_000 }
    }
}
