import Maintenance
import Notation

/// How far a job has come, in MinIO's words.
struct JobMetricDocument: Encodable, Sendable {
    let jobID: String
    let jobType: String
    let startTime: String
    let lastUpdate: String
    let retryAttempts = 0
    let complete: Bool
    let failed: Bool
    let rotation: Rotation?
    let expired: Expiration?

    struct Rotation: Encodable, Sendable {
        let lastBucket: String
        let lastObject: String
        let objects: Int64
        let objectsFailed: Int64
    }

    struct Expiration: Encodable, Sendable {
        let lastBucket: String
        let lastObject: String
        let objects: Int64
        let objectsFailed: Int64
        let deleteMarkers: Int64
        let deleteMarkersFailed: Int64
    }

    init(_ job: BatchJob) {
        let progress = job.progress
        jobID = job.id
        jobType = job.type
        startTime = HTTPDate.iso8601(job.started)
        lastUpdate = HTTPDate.iso8601(progress.updated)
        complete = progress.state == .complete
        failed = progress.state == .failed
        switch job.work {
        case .keyRotation:
            rotation = Rotation(
                lastBucket: job.bucket, lastObject: progress.lastObject, objects: progress.objects,
                objectsFailed: progress.objectsFailed)
            expired = nil
        case .expiration:
            rotation = nil
            expired = Expiration(
                lastBucket: job.bucket, lastObject: progress.lastObject, objects: progress.objects,
                objectsFailed: progress.objectsFailed, deleteMarkers: progress.deleteMarkers,
                deleteMarkersFailed: progress.deleteMarkersFailed)
        }
    }
}
