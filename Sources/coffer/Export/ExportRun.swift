import Maintenance
import S3Client

/// One export, told of on the terminal and in a report.
struct ExportRun {
    private let export: Export
    private let source: any ExportSource
    private let report: JSONLinesFile?
    private var counts = ExportCounts()
    /// What stays behind besides versions: buckets, settings.
    private var left: [String] = []
    private var bar = ProgressBar { done, _ in "\(done) versions" }

    init(
        _ source: any ExportSource, to target: any ExportTarget, _ scope: Export.Scope, report: String?
    ) throws(StartFailure) {
        self.source = source
        export = Export(source, to: target, scope)
        self.report = if let report { try JSONLinesFile(report) } else { nil }
    }

    mutating func perform(_ buckets: [String], prefix: String) async throws {
        let export = export
        for bucket in buckets {
            try await export.run(bucket: bucket, prefix: prefix) { item in
                if item.version == nil, case .skipped(_, let detail) = item.outcome {
                    left.append("bucket \(bucket): \(detail)")
                } else {
                    counts.note(item)
                }
                try report?.write(TransferReportLine(item))
                bar.advance(by: 1)
            }
        }
    }

    mutating func leave(_ what: String) { left.append(what) }

    /// Ends the report and shows the table; true when nothing stays behind.
    mutating func finish() -> Bool {
        bar.end()
        do { try report?.close() } catch { left.append(error.reason) }
        var table = TextTable("VERSIONS", "")
        table.add("\(counts.found)", "found")
        table.add("\(counts.exported)", "exported (\(ByteCount.text(counts.bytes)))")
        for loss in ExportLoss.allCases {
            if let count = counts.lost[loss] { table.add("\(count)", "  of them without \(loss.rawValue)") }
        }
        for reason in ExportSkip.allCases {
            if let count = counts.skipped[reason] { table.add("\(count)", "skipped: \(reason.rawValue)") }
        }
        table.print()
        for what in left { print("stays behind: \(TerminalText.shown(what))") }
        return counts.isWhole && left.isEmpty
    }
}
