import HTTPServer
import Notation
import Requests
import Threading

/// Requests of S3, as MinIO's version 2 tells them.
extension Scrape {
    func writeRequests() {
        let rows = operations(.s3).filter { !$0.name.isEmpty }
        let api = { (row: (row: Int, name: String, figures: OperationFigures)) -> Labels in
            [("api", OperationNames.minIO(row.name).lowercased())]
        }
        let named = merged(rows, by: api)
        func labels(_ row: Row) -> Labels { server + row.labels }
        family("minio_s3_requests_total", .counter, "Requests that were answered.", named) {
            (labels($0), $0.figures.total)
        }
        family("minio_s3_requests_errors_total", .counter, "Requests that were refused or failed.", named) {
            (labels($0), $0.figures[.refused] + $0.figures[.failed])
        }
        family("minio_s3_requests_4xx_errors_total", .counter, "Requests that were refused.", named) {
            (labels($0), $0.figures[.refused])
        }
        family("minio_s3_requests_5xx_errors_total", .counter, "Requests that failed.", named) {
            (labels($0), $0.figures[.failed])
        }
        family("minio_s3_requests_canceled_total", .counter, "Requests whose clients went away.", named) {
            (labels($0), $0.figures[.cancelled])
        }
        family("minio_s3_requests_inflight_total", .gauge, "Requests that are under way.", named) {
            (labels($0), $0.figures.inFlight)
        }
        distribution(
            "minio_s3_requests_ttfb_seconds_distribution", .gauge,
            "Requests whose first byte was sent within so many seconds.", named
        ) { (labels($0), $0.figures.firstBytes) }
        writeRejections()
        let all = operations(.s3)
        counter(
            "minio_s3_traffic_received_bytes", "Bytes of requests' bodies.", all.reduce(0) { $0 + $1.figures.received },
            server)
        counter(
            "minio_s3_traffic_sent_bytes", "Bytes of answers' bodies.", all.reduce(0) { $0 + $1.figures.sent }, server)
    }

    private func writeRejections() {
        let counts = sources.requests
        let waiting = sources.engine().map { max(0, $0.runningRequests) } ?? 0
        gauge(
            "minio_s3_requests_waiting_total", "Requests that wait for their turn; there is no such queue.", 0, server)
        gauge("minio_s3_requests_incoming_total", "Requests that are being answered by tasks.", waiting, server)
        for (rejection, help) in [
            (RequestCounts.Rejection.auth, "for their signatures or keys"), (.header, "for their headers"),
            (.timestamp, "for the time that they were signed at"), (.invalid, "as none"),
        ] {
            counter(
                "minio_s3_requests_rejected_\(rejection)_total", "Requests that were refused at the door \(help).",
                counts.rejections(rejection), server)
        }
    }

    // MARK: Version 3

    func writeRequestsV3() {
        let counts = sources.requests
        let fixed: Labels = [("type", "s3")] + server
        for rejection in RequestCounts.Rejection.allCases {
            counter(
                "minio_api_requests_rejected_\(rejection)_total", "Requests that were refused at the door.",
                counts.rejections(rejection), fixed)
        }
        gauge("minio_api_requests_waiting_total", "Requests that wait for their turn.", 0, fixed)
        gauge(
            "minio_api_requests_incoming_total", "Requests that are being answered by tasks.",
            sources.engine()?.runningRequests ?? 0, fixed)
        writeOperationsV3(
            "minio_api_requests",
            merged(operations(.s3).filter { !$0.name.isEmpty }) { [("name", OperationNames.minIO($0.name))] }, fixed)
        let all = operations(.s3)
        counter(
            "minio_api_requests_traffic_sent_bytes", "Bytes of answers' bodies.",
            all.reduce(0) { $0 + $1.figures.sent },
            fixed)
        counter(
            "minio_api_requests_traffic_received_bytes", "Bytes of requests' bodies.",
            all.reduce(0) { $0 + $1.figures.received }, fixed)
    }

    private func writeOperationsV3(_ prefix: String, _ rows: [Row], _ fixed: Labels) {
        family("\(prefix)_inflight_total", .gauge, "Requests that are under way.", rows) {
            ($0.labels + fixed, $0.figures.inFlight)
        }
        family("\(prefix)_total", .counter, "Requests that were answered.", rows) {
            ($0.labels + fixed, $0.figures.total)
        }
        family("\(prefix)_errors_total", .counter, "Requests that were refused or failed.", rows) {
            ($0.labels + fixed, $0.figures[.refused] + $0.figures[.failed])
        }
        family("\(prefix)_4xx_errors_total", .counter, "Requests that were refused.", rows) {
            ($0.labels + fixed, $0.figures[.refused])
        }
        family("\(prefix)_5xx_errors_total", .counter, "Requests that failed.", rows) {
            ($0.labels + fixed, $0.figures[.failed])
        }
        family("\(prefix)_canceled_total", .counter, "Requests whose clients went away.", rows) {
            ($0.labels + fixed, $0.figures[.cancelled])
        }
        distribution(
            "\(prefix)_ttfb_seconds_distribution", .counter,
            "Requests whose first byte was sent within so many seconds.", rows
        ) { ($0.labels + fixed, $0.figures.firstBytes) }
    }

    // MARK: Rows

    struct Row {
        let labels: Labels
        var figures: OperationFigures
    }

    /// Operations that have one name at MinIO are one row.
    func merged(
        _ rows: [(row: Int, name: String, figures: OperationFigures)],
        by labels: ((row: Int, name: String, figures: OperationFigures)) -> Labels
    ) -> [Row] {
        var merged: [Row] = []
        for row in rows {
            let labels = labels(row)
            if let index = merged.firstIndex(where: { $0.labels.map(\.value) == labels.map(\.value) }) {
                merged[index].figures += row.figures
            } else {
                merged.append(Row(labels: labels, figures: row.figures))
            }
        }
        return merged
    }
}
