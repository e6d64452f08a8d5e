import Logging
import Requests
import S3Protocol
import SealedStorage
import Threading

/// Removes multipart uploads that nobody goes on with: MinIO's `MINIO_API_STALE_UPLOADS_EXPIRY`.
struct StaleUploads {
    let drive: SealedDrive
    /// How long after its last part an upload is stale, and how long it is from one look to the next.
    let settings: Adjustable<RuntimeSettings>
    let logger: Logger

    /// How soon a change of the settings is seen.
    private static let glance = Duration.seconds(10)

    /// Looks now and after every interval, until it is cancelled.
    func run() async {
        var last: ContinuousClock.Instant?
        while !Task.isCancelled {
            let current = settings.current
            let isDue = last.map { $0.duration(to: .now) >= current.staleUploadInterval } ?? true
            if let expiry = current.staleUploadExpiry, isDue {
                last = .now
                await sweep(before: Clock.milliseconds() - Int64(expiry / .milliseconds(1)))
            }
            guard (try? await Task.sleep(for: min(current.staleUploadInterval, Self.glance))) != nil else { return }
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
