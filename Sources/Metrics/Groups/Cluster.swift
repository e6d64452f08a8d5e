import KeyManagement
import Maintenance
import Notation
import ObjectStorage
import SealedStorage
import Threading

/// The server as a cluster of one node and one drive.
extension Scrape {
    func writeUsage() async {
        let reading = await readings.usage.value() ?? UsageReading()
        gauge("minio_cluster_bucket_total", "Buckets.", reading.bucketCount, server)
        gauge("minio_cluster_usage_object_total", "Objects.", Int(reading.total.objects), server)
        gauge(
            "minio_cluster_usage_version_total", "Versions, delete markers among them.",
            Int(reading.total.versions + reading.total.deleteMarkers), server)
        gauge("minio_cluster_usage_deletemarker_total", "Delete markers.", Int(reading.total.deleteMarkers), server)
        gauge("minio_cluster_usage_total_bytes", "Bytes of all versions.", Int(reading.total.bytes), server)
        let found = await sources.survey.latest()
        family(
            "minio_cluster_objects_size_distribution", .gauge, "Objects by the bytes of their versions.",
            found?.total.sizes ?? []
        ) { ([("range", $0.range)] + server, $0.objects) }
        family(
            "minio_cluster_objects_version_distribution", .gauge, "Objects by the number of their versions.",
            found?.total.versions ?? []
        ) { ([("range", $0.range)] + server, $0.objects) }
    }

    func writeCapacity() {
        let drive = DriveFigures(path: sources.path)
        for kind in ["raw", "usable"] {
            gauge("minio_cluster_capacity_\(kind)_total_bytes", "Bytes of the file system.", drive.totalBytes, server)
            gauge("minio_cluster_capacity_\(kind)_free_bytes", "Bytes that are free on it.", drive.freeBytes, server)
        }
        let isOnline = isWritable ? 1 : 0
        gauge("minio_cluster_drive_total", "Drives.", 1, server)
        gauge("minio_cluster_drive_online_total", "Drives that take writes.", isOnline, server)
        gauge("minio_cluster_drive_offline_total", "Drives that do not.", 1 - isOnline, server)
        writeNodes()
        gauge("minio_cluster_health_status", "Whether writes are taken.", isOnline, server)
        gauge("minio_cluster_write_quorum", "Drives that a write needs.", 1, server)
        let set: Labels = [("pool", "0"), ("set", "0")] + server
        gauge("minio_cluster_health_erasure_set_online_drives", "Drives that take writes.", isOnline, set)
        gauge("minio_cluster_health_erasure_set_healing_drives", "Drives that are being healed.", 0, set)
        gauge("minio_cluster_health_erasure_set_read_quorum", "Drives that a read needs.", 1, set)
        gauge("minio_cluster_health_erasure_set_write_quorum", "Drives that a write needs.", 1, set)
        gauge("minio_cluster_health_erasure_set_status", "Whether writes are taken.", isOnline, set)
    }

    func writeNodes() {
        gauge("minio_cluster_nodes_online_total", "Servers that answer.", 1, server)
        gauge("minio_cluster_nodes_offline_total", "Servers that do not.", 0, server)
    }

    var isWritable: Bool { (try? sources.drive.checkWritable()) != nil }

    func writeKeyService() async {
        let counts = sources.keyService
        if let status = await readings.keyService.value() {
            gauge(
                "minio_cluster_kms_online", "Whether the key service answers.",
                status.endpoints.contains { $0.isOnline } ? 1 : 0, server)
        }
        counter(
            "minio_cluster_kms_request_success", "Calls of the key service that were answered.", counts.count(.success),
            server)
        counter(
            "minio_cluster_kms_request_error", "Calls of the key service that it refused.", counts.count(.refused),
            server)
        counter(
            "minio_cluster_kms_request_failure", "Calls of the key service that failed.", counts.count(.failed), server)
    }

    func writeSoftware() {
        gauge("minio_software_version_info", "The release.", 0, [("version", sources.version)] + server)
    }

    // MARK: Version 3

    func writeHealthV3() {
        let drive = DriveFigures(path: sources.path)
        let isOnline = isWritable ? 1 : 0
        gauge("minio_cluster_health_drives_count", "Drives.", 1)
        gauge("minio_cluster_health_drives_online_count", "Drives that take writes.", isOnline)
        gauge("minio_cluster_health_drives_offline_count", "Drives that do not.", 1 - isOnline)
        gauge("minio_cluster_health_nodes_online_count", "Servers that answer.", 1)
        gauge("minio_cluster_health_nodes_offline_count", "Servers that do not.", 0)
        for kind in ["raw", "usable"] {
            gauge("minio_cluster_health_capacity_\(kind)_total_bytes", "Bytes of the file system.", drive.totalBytes)
            gauge("minio_cluster_health_capacity_\(kind)_free_bytes", "Bytes that are free on it.", drive.freeBytes)
        }
    }

    func writeErasureSetV3() {
        let isOnline = isWritable ? 1 : 0
        let set: Labels = [("pool_id", "0"), ("set_id", "0")]
        gauge("minio_cluster_erasure_set_overall_write_quorum", "Drives that a write needs.", 1)
        gauge("minio_cluster_erasure_set_overall_health", "Whether writes are taken.", isOnline)
        for (name, value) in [
            ("read_quorum", 1), ("write_quorum", 1), ("online_drives_count", isOnline), ("healing_drives_count", 0),
            ("health", isOnline), ("read_tolerance", 0), ("write_tolerance", 0), ("read_health", 1),
            ("write_health", isOnline),
        ] {
            gauge("minio_cluster_erasure_set_\(name)", "The one set, of one drive.", value, set)
        }
    }

    func writeConfigV3() {
        gauge("minio_cluster_config_rrs_parity", "Drives that may fail, of objects of reduced redundancy.", 0)
        gauge("minio_cluster_config_standard_parity", "Drives that may fail, of other objects.", 0)
    }
}
