import KESProtocol
import KeyStores
import NIOCore
import Notation
import Threading

/// `GET /v1/metrics`: KES's series with their names and texts, and after them those of this server.
enum MetricsRoute: WaitingRoute {
    static let route = Route(.metrics, mayBeOpened: true, isCounted: false, .waiting(Self.self))

    static func answer(_ call: Call, _ body: CallBody, in service: KESService) async -> ServiceAnswer {
        var text = PrometheusText()
        appendSeriesOfKES(to: &text, service)
        await appendOwnSeries(to: &text, call, service)
        return ServiceAnswer(
            status: 200, headers: [("Content-Type", PrometheusText.contentType)], body: ByteBuffer(bytes: text.bytes))
    }

    private static func appendSeriesOfKES(to text: inout PrometheusText, _ service: KESService) {
        let metrics = service.metrics
        let figures = ProcessFigures()
        text.append(
            "kes_http_request_active", .gauge, "Number of active requests that are not finished, yet.", metrics.active)
        text.append(
            "kes_http_request_error", "Number of request that failed due to some error. (HTTP 4xx status code)",
            metrics.statuses(400..<500))
        text.append(
            "kes_http_request_failure",
            "Number of request that failed due to some internal failure. (HTTP 5xx status code)",
            metrics.statuses(500..<600))
        text.append(
            "kes_http_request_success", "Number of requests that have been served successfully.",
            metrics.statuses(200..<300))
        text.append(
            "kes_http_response_time", "Histogram of request response times spawning from 10ms to 10s.",
            [([], metrics.responseTimes)])
        text.append(
            "kes_log_audit_events", .counter, "Number of audit log events written to the audit log targets.",
            service.logs.audit.events.eventCount)
        text.append(
            "kes_log_error_events", .counter, "Number of error log events written to the error log targets.",
            service.logs.error.events.eventCount)
        // The C heap does not count its objects.
        text.append(
            "kes_system_mem_heap_objects", .gauge,
            "The number of objects that are currently allocated on the heap memory.", 0)
        text.append(
            "kes_system_mem_heap_used", .gauge, "The number of bytes that are currently allocated on the heap memory.",
            figures.heapBytes)
        text.append(
            "kes_system_mem_stack_used", .gauge, "The bytes of stack memory obtained from the OS.", figures.stackBytes)
        text.append(
            "kes_system_num_cpu", .gauge,
            "The number of logical CPUs available on the system. It may be larger than the number of usable CPUs.",
            figures.processors)
        text.append(
            "kes_system_num_cpu_used", .gauge,
            "The number of logical CPUs usable by the server. It may be smaller than the number of available CPUs.",
            figures.usableProcessors)
        text.append(
            "kes_system_num_threads", .gauge,
            "The number of concurrent co-routines/threads that currently exists.", figures.threads)
        text.append(
            "kes_system_up_time", .gauge, "The time the server has been up and running in seconds.",
            Double(service.uptime / 10_000_000) / 100)
    }

    private static func appendOwnSeries(to text: inout PrometheusText, _ call: Call, _ service: KESService) async {
        text.append(
            "kes_cache_entries", .gauge, "Number of keys in memory, expired ones included.", call.vault.count)
        text.append(
            "kes_http_request_denied", .counter, "Number of requests that no policy allows or one denies.",
            service.metrics.denied)
        text.append(
            "kes_log_audit_dropped", .counter, "Number of audit log lines that were lost since nobody took them.",
            service.logs.audit.events.droppedCount)
        text.append(
            "kes_log_error_dropped", .counter, "Number of error log lines that were lost since nobody took them.",
            service.logs.error.events.droppedCount)
        await appendStoreSeries(to: &text, call)
        if let end = call.state.settings.certificateEnd() {
            text.append(
                "kes_tls_cert_not_after_seconds", .gauge,
                "When the server's certificate ends, in seconds since 1970.", end)
        }
    }

    private static func appendStoreSeries(to text: inout PrometheusText, _ call: Call) async {
        let status = await call.vault.status()
        if case .available(let latency) = status {
            let (seconds, attoseconds) = latency.components
            text.append(
                "kes_keystore_latency_seconds", .gauge, "How long the key store took to say that it works.",
                Double(seconds) + Double(attoseconds) / 1e18)
            text.append("kes_keystore_up", .gauge, "Whether the key store works.", 1)
        } else {
            text.append("kes_keystore_up", .gauge, "Whether the key store works.", 0)
        }
        let metrics = call.vault.metrics
        let operations = StoreMetrics.Operation.allCases
        text.append(
            "kes_keystore_latency", "Histogram of the times of calls to the key store, in seconds.",
            operations.map { ([("operation", $0.label)], metrics.times($0)) }.filter {
                $0.1.ranges.contains { $0 > 0 }
            })
        text.append(
            "kes_keystore_errors", "Number of calls to the key store that failed, by what they were for and why.",
            ("operation", "kind"),
            operations.flatMap { operation in
                StoreMetrics.FailureKind.allCases.map { kind in
                    (operation.label, kind.label, metrics.failures(operation, kind))
                }
            }.filter { $0.2 > 0 })
        if let end = call.vault.store.credentialExpiry {
            let (seconds, _) = max(.zero, end - .now).components
            let help = "For how many seconds what the server signs in to the key store with is still valid."
            text.append("kes_keystore_credential_ttl_seconds", .gauge, help, seconds)
            if call.state.settings.storeIsVault { text.append("kes_vault_token_ttl_seconds", .gauge, help, seconds) }
        }
    }
}

extension PrometheusText {
    /// A family of one sample.
    fileprivate mutating func append(_ name: String, _ kind: Kind, _ help: String, _ value: some BinaryInteger) {
        begin(name, kind, help)
        sample([], Int(value))
    }

    fileprivate mutating func append(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        begin(name, kind, help)
        sample([], value)
    }

    /// A sample for each status; without any the family is absent.
    fileprivate mutating func append(_ name: String, _ help: String, _ counts: [(status: Int, count: Int)]) {
        guard !counts.isEmpty else { return }
        begin(name, .counter, help)
        for (status, count) in counts { sample([("code", String(status))], count) }
    }

    /// A sample for each pair of labels; without any the family is absent.
    fileprivate mutating func append(
        _ name: String, _ help: String, _ labels: (String, String),
        _ counts: [(first: String, second: String, count: Int)]
    ) {
        guard !counts.isEmpty else { return }
        begin(name, .counter, help)
        for (first, second, count) in counts { sample([(labels.0, first), (labels.1, second)], count) }
    }

    /// A histogram of durations, counted in nanoseconds, for each value of a label; without any the family is absent.
    fileprivate mutating func append(
        _ name: String, _ help: String, _ histograms: [(labels: Labels, histogram: Histogram)]
    ) {
        guard !histograms.isEmpty else { return }
        begin(name, .histogram, help)
        for (labels, histogram) in histograms {
            self.histogram(
                labels, bounds: histogram.bounds, ranges: histogram.ranges, sum: histogram.sum, unit: 1_000_000_000)
        }
    }
}
