import FoundationEssentials
import Logging
import Notation

/// Whom the end of a job is told.
package struct JobNotice: Codable, Sendable {
    /// An `http` or `https` URL, which a document is posted to.
    package let endpoint: String
    /// What the header `Authorization` says; `nil` for none.
    package let token: String?

    package init(endpoint: String, token: String?) {
        self.endpoint = endpoint
        self.token = token
    }
}

/// What is told, in MinIO's words.
struct JobEndDocument: Encodable {
    let jobID: String
    let jobType: String
    let startTime: String
    let lastUpdate: String
    let retryAttempts = 0
    let attempts = 1
    let complete: Bool
    let failed: Bool
    let objects: Int64
    let deleteMarkers: Int64
    let objectsFailed: Int64
    let deleteMarkersFailed: Int64
    let bytesTransferred = 0
    let bytesFailed = 0

    init(_ job: BatchJob) {
        jobID = job.id
        jobType = job.type
        startTime = HTTPDate.iso8601(job.started)
        lastUpdate = HTTPDate.iso8601(job.progress.updated)
        complete = job.progress.state == .complete
        failed = job.progress.state == .failed
        objects = job.progress.objects
        deleteMarkers = job.progress.deleteMarkers
        objectsFailed = job.progress.objectsFailed
        deleteMarkersFailed = job.progress.deleteMarkersFailed
    }

    var json: [UInt8] {
        // Strings, integers and booleans, none of which fails to encode.
        (try? JSONEncoder().encode(self)).map { [UInt8]($0) } ?? []
    }
}

extension BatchJobs {
    /// How long is waited before each time that one is told of a job's end; after the last, nobody is.
    private static let waits: [Duration] = [.zero, .seconds(1), .seconds(10), .seconds(60), .seconds(300)]

    /// Tells of jobs that have ended, one after another, until it is cancelled: at least once, after a restart too.
    func tellOfEnds() async {
        for await _ in endings {
            while let job = jobToTellOf, let notice = job.notice {
                guard !Task.isCancelled else { return }
                await tell(job, notice)
                guard !Task.isCancelled else { return }
                do {
                    try await settleNotice(of: job.id)
                } catch {
                    // The drive takes no writes: somebody else says so.
                    guard (try? await Task.sleep(for: .seconds(60))) != nil else { return }
                }
            }
        }
    }

    private func tell(_ job: BatchJob, _ notice: JobNotice) async {
        for wait in Self.waits {
            guard (try? await Task.sleep(for: wait)) != nil else { return }
            do {
                return try await notify(notice, JobEndDocument(job).json)
            } catch {
                logger.warning(
                    "nobody took the news of a batch job's end",
                    metadata: ["job": "\(job.id)", "cause": "\(error)"])
            }
        }
        logger.error("the news of a batch job's end is given up", metadata: ["job": "\(job.id)"])
    }
}
