import KeyManagement
import ObjectStorage
import S3Protocol
import SealedStorage
import Threading

/// What buckets amount to.
struct UsageReading: Sendable {
    /// The largest first, ``bucketLimit`` at most.
    var buckets: [(name: String, id: BucketID?, usage: BucketUsage, quota: Int64?)] = []
    var bucketCount = 0
    var total = BucketUsage()
    /// Milliseconds since 1970.
    var time: Int64 = 0

    /// Buckets with series of their own.
    static let bucketLimit = 1000

    var leftOut: Int { bucketCount - buckets.count }
}

/// What takes a look at the drive or a call to know, remembered between scrapes.
struct Readings: Sendable {
    let usage: Remembered<UsageReading>
    let backlog: Remembered<StoreBacklog>
    let dataKeys: Remembered<[DataKeyCount]>
    let keyService: Remembered<KeyServiceStatus>

    init(_ sources: MetricsSources, now: @escaping @Sendable () -> Int64) {
        let drive = sources.drive
        let store = sources.store
        usage = Remembered(for: .seconds(5), rest: 20) {
            guard let usage = try? await drive.buckets.usage().buckets else { return nil }
            var reading = UsageReading()
            reading.bucketCount = usage.count
            reading.time = now()
            for one in usage.values {
                reading.total.bytes += one.bytes
                reading.total.objects += one.objects
                reading.total.versions += one.versions
                reading.total.deleteMarkers += one.deleteMarkers
            }
            let largest = usage.sorted { ($0.value.bytes, $1.key) > ($1.value.bytes, $0.key) }
            reading.buckets = largest.prefix(UsageReading.bucketLimit).map { name, usage in
                let bucket = drive.buckets.bucket(named: name)
                return (name, bucket?.id, usage, (try? bucket?.record)?.quota?.limit)
            }
            return reading
        }
        backlog = Remembered(for: .seconds(15), rest: 20) { try? await store.backlog() }
        // Reads every row of a data key: on a large drive for a while, and so not often.
        dataKeys = Remembered(for: .seconds(60), rest: 50, patience: .seconds(1)) { try? await drive.keys.counts() }
        // Away, it may not answer for longer than a scrape may last.
        keyService = Remembered(for: .seconds(15)) { await drive.keys.service.status() }
    }
}
