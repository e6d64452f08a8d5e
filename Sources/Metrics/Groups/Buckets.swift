import Maintenance
import Notation
import ObjectStorage
import Requests
import SealedStorage
import Threading

/// Buckets: what is in them, and what is asked of them.
extension Scrape {
    func writeBuckets() async {
        let reading = await readings.usage.value() ?? UsageReading()
        let buckets = reading.buckets
        func labels(_ name: String) -> Labels { [("bucket", name)] + server }
        family("minio_bucket_usage_total_bytes", .gauge, "Bytes of all versions in a bucket.", buckets) {
            (labels($0.name), Int($0.usage.bytes))
        }
        family("minio_bucket_usage_object_total", .gauge, "Objects in a bucket.", buckets) {
            (labels($0.name), Int($0.usage.objects))
        }
        family(
            "minio_bucket_usage_version_total", .gauge, "Versions in a bucket, delete markers among them.", buckets
        ) { (labels($0.name), Int($0.usage.versions + $0.usage.deleteMarkers)) }
        family("minio_bucket_usage_deletemarker_total", .gauge, "Delete markers in a bucket.", buckets) {
            (labels($0.name), Int($0.usage.deleteMarkers))
        }
        family(
            "minio_bucket_quota_total_bytes", .gauge, "How much a bucket may have.", buckets.filter { $0.quota != nil }
        ) { (labels($0.name), Int($0.quota ?? 0)) }
        await writeDistributions(of: reading, ("minio_bucket_objects_size_", "minio_bucket_objects_version_"), labels)
        gauge(
            "coffer_metrics_buckets_left_out",
            "Buckets without series of their own: smaller than those that have them.",
            reading.leftOut, server)
        writeBucketRequests(labels)
    }

    /// How the objects of each bucket are spread, as far as that is known yet.
    ///
    /// - Parameter names: of sizes and of versions, without `distribution`.
    private func writeDistributions(
        of reading: UsageReading, _ names: (sizes: String, versions: String), _ labels: (String) -> Labels
    ) async {
        let found = await sources.survey.latest()
        let known = reading.buckets.compactMap { bucket in
            bucket.id.flatMap { found?.buckets[$0] }.map { (bucket.name, $0) }
        }
        family(
            "\(names.sizes)distribution", .gauge, "Objects by the bytes of their versions.",
            known.flatMap { name, spread in spread.sizes.map { (name, $0.range, $0.objects) } }
        ) { (labels($0.0) + [("range", $0.1)], $0.2) }
        family(
            "\(names.versions)distribution", .gauge, "Objects by the number of their versions.",
            known.flatMap { name, spread in spread.versions.map { (name, $0.range, $0.objects) } }
        ) { (labels($0.0) + [("range", $0.1)], $0.2) }
    }

    private var bucketFigures: [BucketRequestCounts.Figures] {
        let buckets = sources.drive.buckets
        return sources.requests.buckets.figures { buckets.bucket(named: $0) != nil }
    }

    private func writeBucketRequests(_ labels: (String) -> Labels) {
        let buckets = bucketFigures
        let rows = buckets.flatMap { bucket in
            namedRows(of: bucket).map { (labels(bucket.bucket) + [("api", $0.name.lowercased())], $0.counts) }
        }
        typealias Outcome = RequestCounts.Outcome
        func count(_ name: String, _ help: String, _ outcomes: [Outcome], _ scrape: Scrape) {
            scrape.family(name, .counter, help, rows) { row in
                (row.0, outcomes.reduce(0) { $0 + row.1[$1.rawValue] })
            }
        }
        count("minio_bucket_requests_total", "Requests that were answered.", Outcome.allCases, self)
        count("minio_bucket_requests_4xx_errors_total", "Requests that were refused.", [.refused], self)
        count("minio_bucket_requests_5xx_errors_total", "Requests that failed.", [.failed], self)
        count("minio_bucket_requests_canceled_total", "Requests whose clients went away.", [.cancelled], self)
        family("minio_bucket_traffic_received_bytes", .gauge, "Bytes of requests' bodies.", buckets) {
            (labels($0.bucket), $0.received)
        }
        family("minio_bucket_traffic_sent_bytes", .gauge, "Bytes of answers' bodies.", buckets) {
            (labels($0.bucket), $0.sent)
        }
        counter(
            "coffer_metrics_bucket_requests_left_out_total",
            "Requests to buckets beyond the \(BucketRequestCounts.capacity) that are counted by themselves.",
            sources.requests.buckets.leftOut, server)
    }

    /// By MinIO's names, each once.
    private func namedRows(of bucket: BucketRequestCounts.Figures) -> [(name: String, counts: [Int])] {
        var rows: [(name: String, counts: [Int])] = []
        for (row, counts) in bucket.outcomes {
            let name = OperationNames.minIO(sources.requests.operations[row].name)
            guard !name.isEmpty else { continue }
            if let index = rows.firstIndex(where: { $0.name == name }) {
                rows[index].counts = zip(rows[index].counts, counts).map { $0 + $1 }
            } else {
                rows.append((name, counts))
            }
        }
        return rows
    }

    // MARK: Version 3

    func writeBucketRequestsV3(_ name: String) {
        let buckets = bucketFigures.filter { $0.bucket == name }
        let fixed: Labels = [("type", "s3")] + server
        let rows = buckets.flatMap { bucket in
            namedRows(of: bucket).map { ([("bucket", bucket.bucket), ("name", $0.name)] + fixed, $0.counts) }
        }
        family("minio_bucket_api_traffic_received_bytes", .counter, "Bytes of requests' bodies.", buckets) {
            ([("bucket", $0.bucket)] + fixed, $0.received)
        }
        family("minio_bucket_api_traffic_sent_bytes", .counter, "Bytes of answers' bodies.", buckets) {
            ([("bucket", $0.bucket)] + fixed, $0.sent)
        }
        family("minio_bucket_api_total", .counter, "Requests that were answered.", rows) { row in
            (row.0, row.1.reduce(0, +))
        }
        for (suffix, outcome, help) in [
            ("canceled", RequestCounts.Outcome.cancelled, "whose clients went away"),
            ("4xx_errors", .refused, "that were refused"), ("5xx_errors", .failed, "that failed"),
        ] {
            family("minio_bucket_api_\(suffix)_total", .counter, "Requests \(help).", rows) { row in
                (row.0, row.1[outcome.rawValue])
            }
        }
    }

    func writeUsageObjectsV3() async {
        let reading = await readings.usage.value() ?? UsageReading()
        gauge(
            "minio_cluster_usage_objects_since_last_update_seconds",
            "How old these numbers are: they are kept by commits.", 0)
        gauge("minio_cluster_usage_objects_total_bytes", "Bytes of all versions.", Int(reading.total.bytes))
        gauge("minio_cluster_usage_objects_count", "Objects.", Int(reading.total.objects))
        gauge(
            "minio_cluster_usage_objects_versions_count", "Versions, delete markers among them.",
            Int(reading.total.versions + reading.total.deleteMarkers))
        gauge("minio_cluster_usage_objects_delete_markers_count", "Delete markers.", Int(reading.total.deleteMarkers))
        gauge("minio_cluster_usage_objects_buckets_count", "Buckets.", reading.bucketCount)
        let found = await sources.survey.latest()
        family(
            "minio_cluster_usage_objects_size_distribution", .gauge, "Objects by the bytes of their versions.",
            found?.total.sizes ?? []
        ) { ([("range", $0.range)], $0.objects) }
        family(
            "minio_cluster_usage_objects_version_count_distribution", .gauge,
            "Objects by the number of their versions.", found?.total.versions ?? []
        ) { ([("range", $0.range)], $0.objects) }
    }

    func writeUsageBucketsV3() async {
        let reading = await readings.usage.value() ?? UsageReading()
        let buckets = reading.buckets
        func labels(_ name: String) -> Labels { [("bucket", name)] }
        await writeDistributions(
            of: reading,
            ("minio_cluster_usage_buckets_object_size_", "minio_cluster_usage_buckets_object_version_count_"), labels)
        gauge(
            "minio_cluster_usage_buckets_since_last_update_seconds",
            "How old these numbers are: they are kept by commits.", 0)
        family("minio_cluster_usage_buckets_total_bytes", .gauge, "Bytes of all versions in a bucket.", buckets) {
            (labels($0.name), Int($0.usage.bytes))
        }
        family("minio_cluster_usage_buckets_objects_count", .gauge, "Objects in a bucket.", buckets) {
            (labels($0.name), Int($0.usage.objects))
        }
        family("minio_cluster_usage_buckets_versions_count", .gauge, "Versions in a bucket.", buckets) {
            (labels($0.name), Int($0.usage.versions + $0.usage.deleteMarkers))
        }
        family("minio_cluster_usage_buckets_delete_markers_count", .gauge, "Delete markers in a bucket.", buckets) {
            (labels($0.name), Int($0.usage.deleteMarkers))
        }
        family(
            "minio_cluster_usage_buckets_quota_total_bytes", .gauge, "How much a bucket may have.",
            buckets.filter { $0.quota != nil }
        ) { (labels($0.name), Int($0.quota ?? 0)) }
    }
}
