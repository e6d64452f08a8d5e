import Maintenance
import Notation
import SealedStorage

/// The walk through everything at rest.
extension Scrape {
    func writeScrub() {
        let totals = sources.scrub.totals
        let status = sources.scrub.status
        counter(
            "coffer_scrub_objects_total", "Versions of objects that scrubbing has looked at since the start.",
            Int(totals.objects), server)
        counter(
            "coffer_scrub_bytes_total", "Their bytes.", Int(totals.bytes), server)
        family(
            "coffer_scrub_findings_total", .counter, "What scrubbing has found since the start.",
            DriveFinding.Kind.allCases
        ) { ([("kind", $0.rawValue)] + server, Int(totals.found[$0] ?? 0)) }
        gauge(
            "coffer_scrub_progress_percent", "How far the pass has come that goes on; 100 while none does.",
            Int((status.current?.progress ?? 1) * 100), server)
        gauge(
            "coffer_scrub_last_end_timestamp_seconds", "When the last pass came to its end; 0 before the first.",
            Int((status.last?.ended ?? 0) / 1000), server)
        family(
            "coffer_scrub_last_findings", .gauge, "What the last pass found that came to its end.",
            DriveFinding.Kind.allCases
        ) { ([("kind", $0.rawValue)] + server, Int(status.last?.report.count($0) ?? 0)) }
    }
}
