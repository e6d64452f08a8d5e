import ArgumentParser
import KESClient
import KESProtocol

struct MetricCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metric", abstract: "Show a server's metrics, again and again.")

    @OptionGroup var connection: ConnectionOptions

    @Option(help: ArgumentHelp("How often.", valueName: "DURATION"))
    var rate = "5s"

    func run() async throws {
        let pause: Duration
        do throws(GoDurationError) {
            pause = try GoDuration.parse(rate)
        } catch {
            throw CommandFailure("invalid argument \"\(rate)\" for \"--rate\" flag: \(error)")
        }
        guard pause > .zero else { throw CommandFailure("'--rate' must be more than zero") }
        let client = try connection.client()
        while true {
            let text = try await performing { () async throws(KESClientError) in try await client.metrics() }
            let metrics = ServerMetrics(text)
            // On a terminal each table takes the place of the one before.
            Terminal.write(Terminal.isPresent ? "\u{1b}[2J\u{1b}[H" + metrics.table : metrics.json + "\n")
            guard (try? await Task.sleep(for: pause)) != nil else { return }
        }
    }
}

/// What KES's own client shows of the metrics.
struct ServerMetrics {
    private var values: [String: Double] = [:]
    /// Cumulative counts by the upper bound in nanoseconds.
    private var responseTimes: [(bound: Int64, count: Int64)] = []

    /// Reads Prometheus's text format; counters of several codes are added up, what is unknown is left out.
    init(_ text: String) {
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let blank = line.lastIndex(of: " "), let value = Double(line[line.index(after: blank)...]) else {
                continue
            }
            let series = line[..<blank]
            let name = String(series.prefix { $0 != "{" })
            if name == "kes_http_response_time_bucket" {
                let bound = series.split(separator: "\"").dropFirst().first.flatMap { Double($0) }
                if let bound, bound.isFinite {
                    responseTimes.append((Int64((bound * 1e9).rounded()), Int64(clamping: value)))
                }
            } else {
                values[name, default: 0] += value
            }
        }
    }

    private static let requests = ["success", "error", "failure", "active"].map { "kes_http_request_\($0)" }
    private static let events = ["kes_log_audit_events", "kes_log_error_events"]
    private static let system = [
        "num_cpu", "num_cpu_used", "num_threads", "mem_heap_used", "mem_heap_objects", "mem_stack_used",
    ].map { "kes_system_\($0)" }

    private func value(_ name: String) -> Int64 { Int64(clamping: values[name] ?? 0) }

    private var upTime: Int64 { value("kes_system_up_time") }

    var json: String {
        func members(_ names: [String]) -> [(name: String, value: String)] { names.map { ($0, String(value($0))) } }
        let times = responseTimes.map { (String($0.bound), String($0.count)) }.sorted { $0.0 < $1.0 }
        return JSONLine.object(
            members(Self.requests) + members(Self.events)
                + [
                    ("kes_http_response_time", JSONLine.object(times)),
                    ("kes_system_up_time", String(upTime * 1_000_000_000)),
                ] + members(Self.system))
    }

    var table: String {
        let total = Self.requests.prefix(3).map(value).reduce(0, +)
        var lines: [(label: String, value: String)] = []
        for (label, name) in zip(["Success", "Error", "Failure"], Self.requests) {
            let share = total == 0 ? 0 : value(name) * 1000 / total
            lines.append((label, "\(value(name))  (\(share / 10).\(share % 10)%)"))
        }
        lines.append(("Active", String(value(Self.requests[3]))))
        lines.append(("Audit", "\(value(Self.events[0])) events"))
        lines.append(("Errors", "\(value(Self.events[1])) events"))
        for (bound, count) in responseTimes.sorted(by: { $0.bound < $1.bound }) {
            lines.append(("≤ \(GoDuration.format(.nanoseconds(bound)))", String(count)))
        }
        lines.append(("Uptime", Lines.span(seconds: Int(upTime))))
        lines.append(("CPUs", "\(value("kes_system_num_cpu_used")) of \(value("kes_system_num_cpu"))"))
        lines.append(("Threads", String(value("kes_system_num_threads"))))
        lines.append(("Heap", Lines.size(Int(value("kes_system_mem_heap_used")))))
        lines.append(("Stack", Lines.size(Int(value("kes_system_mem_stack_used")))))
        return Lines.labelled(lines) + "\n"
    }
}

extension Int64 {
    /// The whole part, as far as it fits; zero for what is no number.
    fileprivate init(clamping value: Double) {
        self = value.isNaN ? 0 : Int64(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
    }
}
