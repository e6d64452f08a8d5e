import Logging
import Requests
import S3Protocol
import SealedStorage

/// Removes multipart uploads that nobody goes on with: MinIO's `MINIO_API_STALE_UPLOADS_EXPIRY`.
struct StaleUploads {
    let drive: SealedDrive
    /// How long after its last part an upload is stale; nil: never.
    let expiry: Duration?
    /// How long from one look to the next.
    let interval: Duration
    let logger: Logger

    /// Looks now and after every interval, until it is cancelled.
    func run() async {
        guard let expiry else { return }
        while !Task.isCancelled {
            await sweep(before: Clock.milliseconds() - Int64(expiry / .milliseconds(1)))
            guard (try? await Task.sleep(for: interval)) != nil else { return }
        }
    }

    /// One bucket's trouble is not that of the others.
    private func sweep(before time: Int64) async {
        var after: String?
        while true {
            let page = drive.buckets.sorted.page(after: after, limit: 256)
            for listed in page.buckets {
                guard let name = try? BucketName(listed.name), let bucket = try? drive.buckets.bucket(name) else {
                    continue
                }
                do {
                    let count = try await drive.uploads.abortStale(in: bucket, before: time)
                    if count > 0 {
                        logger.notice(
                            "stale uploads were removed", metadata: ["bucket": "\(bucket.name)", "uploads": "\(count)"])
                    }
                } catch is CancellationError {
                    return
                } catch {
                    logger.error(
                        "stale uploads were not removed",
                        metadata: ["bucket": "\(bucket.name)", "cause": "\(error)"])
                }
            }
            guard page.isTruncated, let last = page.buckets.last else { return }
            after = last.name
        }
    }
}
