import HTTPServer
import KeyManagement
import Notation
import ObjectStorage
import Requests
import SealedStorage
import Threading

/// What MinIO has no names for.
extension Scrape {
    func writeOwn() async {
        writeOwnRequests()
        writeEngine()
        writeStore()
        await writeBacklog()
        writeKeyServiceCalls()
        await writeDataKeys()
        writeOwnLifecycle()
        writeScrub()
        writeExpiries()
        writeLogs()
    }

    private func writeOwnRequests() {
        let rows = CompletedRequest.Service.allCases.flatMap { service in
            operations(service).map {
                (service: service, name: $0.name.isEmpty ? "none" : $0.name, figures: $0.figures)
            }
        }
        func labels(_ row: (service: CompletedRequest.Service, name: String, figures: OperationFigures)) -> Labels {
            [("service", row.service.rawValue), ("operation", row.name)] + server
        }
        let outcomes = rows.flatMap { row in
            zip(["success", "4xx", "5xx", "cancelled"], row.figures.outcomes).map {
                (labels(row) + [("outcome", $0)], $1)
            }
        }
        family(
            "coffer_requests_total", .counter, "Requests that were answered, by how: none is what no operation had.",
            outcomes
        ) { $0 }
        times("coffer_request_duration_seconds", "From a request's head to its answer's last byte.", rows) {
            (labels($0), Histogram.durations, $0.figures.durations, $0.figures.durationSum)
        }
        family("coffer_request_received_bytes_total", .counter, "Bytes of requests' bodies.", rows) {
            (labels($0), $0.figures.received)
        }
        family("coffer_request_sent_bytes_total", .counter, "Bytes of answers' bodies.", rows) {
            (labels($0), $0.figures.sent)
        }
        family("coffer_requests_in_flight", .gauge, "Requests that are under way.", rows) {
            (labels($0), $0.figures.inFlight)
        }
    }

    private func writeEngine() {
        guard let engine = sources.engine() else { return }
        gauge("coffer_connections", "Connections that are open.", engine.connections, server)
        gauge("coffer_connections_max", "Connections that there may be.", engine.maxConnections, server)
        gauge("coffer_body_memory_bytes", "Memory for bodies that is in use.", engine.bodyBytes, server)
        gauge("coffer_body_memory_max_bytes", "Memory for bodies that there is.", engine.maxBodyBytes, server)
        gauge("coffer_heap_bytes", "Bytes in live allocations.", ProcessFigures().heapBytes, server)
    }

    private func writeStore() {
        let figures = sources.store.figures
        let batches = figures.batches
        text.begin("coffer_commit_batch_changes", .histogram, "Changes that were committed together.")
        text.histogram(server, bounds: batches.bounds, ranges: batches.ranges, sum: batches.sum, unit: 1)
        for (name, help, histogram) in [
            ("commit_duration", "From a transaction's beginning until it was durable.", figures.commits),
            ("log_sync_duration", "Writing a transaction's log and syncing it.", figures.logSyncs),
            ("blob_sync_duration", "Syncing an object's file.", figures.blobSyncs),
            ("checkpoint_duration", "Copying the log into the database.", figures.checkpoints),
        ] {
            times("coffer_\(name)_seconds", help, [histogram]) { (server, $0.bounds, $0.ranges, $0.sum) }
        }
        gauge(
            "coffer_commit_waiting_changes", "Changes that wait to be committed.", sources.store.waitingChanges, server)
        gauge("coffer_log_bytes", "Bytes of the write-ahead log that are in use.", figures.logBytes, server)
        counter(
            "coffer_blobs_removed_total", "Files that were removed since nothing referred to them.",
            figures.blobsRemoved, server)
    }

    private func writeBacklog() async {
        guard let backlog = await readings.backlog.value() else { return }
        gauge("coffer_garbage_blobs", "Files that wait to be removed, counted up to 100000.", backlog.garbage, server)
        gauge("coffer_uploads", "Multipart uploads under way, counted up to 100000.", backlog.uploads, server)
    }

    private func writeKeyServiceCalls() {
        let counts = sources.keyService
        let calls = KeyServiceCounts.Call.allCases.filter { call in
            KeyServiceCounts.Outcome.allCases.contains { counts.count(call, $0) > 0 }
        }
        let rows = calls.flatMap { call in
            KeyServiceCounts.Outcome.allCases.map { (call: call, outcome: $0) }
        }
        family("coffer_key_service_calls_total", .counter, "Calls of the key service, by how they ended.", rows) {
            ([("call", "\($0.call)"), ("outcome", "\($0.outcome)")] + server, counts.count($0.call, $0.outcome))
        }
        times("coffer_key_service_duration_seconds", "How long the key service took.", calls) { call in
            let times = counts.times(call)
            return ([("call", "\(call)")] + server, times.bounds, times.ranges, times.sum)
        }
    }

    private func writeDataKeys() async {
        let keys = sources.drive.keys
        counter("coffer_data_key_cache_hits_total", "Data keys that were at hand.", keys.cacheHits, server)
        counter(
            "coffer_data_key_cache_misses_total", "Data keys that were looked for in vain.", keys.cacheMisses, server)
        gauge("coffer_data_key_cache_entries", "Data keys in memory.", keys.cacheCount, server)
        gauge(
            "coffer_drive_locked", "1 while the key service has not opened the drive.",
            sources.drive.records.isLocked ? 1 : 0, server)
        guard let counts = await readings.dataKeys.value() else { return }
        family(
            "coffer_data_keys", .gauge, "Data keys of the drive, by the key and its version that wrap them.",
            Array(counts.sorted { $0.count > $1.count }.prefix(1000))
        ) { count in
            let version =
                switch count.version {
                case .unknown: ""
                case .number(let number): String(number)
                }
            return ([("kms_key", count.kmsKey), ("version", version)] + server, count.count)
        }
    }

    private func writeExpiries() {
        family(
            "coffer_certificate_not_after_seconds", .gauge, "When a certificate ends, in seconds since 1970.",
            sources.certificates()
        ) { ([("certificate", $0.name)] + server, Int($0.notAfter)) }
    }

    private func writeLogs() {
        family("coffer_log_lines_lost_total", .counter, "Lines that were lost: nobody took them.", sources.lostLines())
        {
            ([("log", $0.log)] + server, $0.lines)
        }
    }
}
