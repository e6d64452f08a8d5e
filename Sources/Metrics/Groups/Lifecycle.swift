import Maintenance
import Notation

/// Lifecycle rules, which are this server's scanner.
extension Scrape {
    func writeLifecycle() {
        let counts = sources.lifecycle.totals
        gauge("minio_node_ilm_expiry_pending_tasks", "Removals that wait: they are done as they are found.", 0, server)
        counter(
            "minio_node_ilm_versions_scanned", "Versions that lifecycle rules have looked at.", counts.scanned, server)
        counter(
            "minio_node_scanner_versions_scanned", "Versions that were looked at in the background.", counts.scanned,
            server)
    }

    func writeOwnLifecycle() {
        let counts = sources.lifecycle.totals
        family(
            "coffer_lifecycle_versions_total", .counter, "What lifecycle rules have done to versions, and met.",
            [
                ("expired", counts.expired), ("hidden", counts.hidden), ("noncurrent", counts.noncurrentRemoved),
                ("delete_marker", counts.deleteMarkersRemoved), ("held", counts.held), ("damaged", counts.damaged),
                ("failed", counts.failed),
            ]
        ) { ([("outcome", $0.0)] + server, $0.1) }
        counter(
            "coffer_lifecycle_uploads_aborted_total", "Uploads that lifecycle rules have ended.", counts.uploadsAborted,
            server)
    }

    func writeLifecycleV3() {
        gauge("minio_ilm_expiry_pending_tasks", "Removals that wait: they are done as they are found.", 0, server)
        counter(
            "minio_ilm_versions_scanned", "Versions that lifecycle rules have looked at.",
            sources.lifecycle.totals.scanned, server)
    }

    func writeScannerV3() {
        counter(
            "minio_scanner_versions_scanned", "Versions that were looked at in the background.",
            sources.lifecycle.totals.scanned, server)
    }
}
