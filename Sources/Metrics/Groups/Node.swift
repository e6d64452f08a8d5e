import Notation
import SealedStorage

/// The process, and the drive under it.
extension Scrape {
    func writeProcess() {
        let process = ProcessFigures()
        gauge("minio_node_file_descriptor_open_total", "File descriptors that are open.", process.openFiles, server)
        gauge("minio_node_file_descriptor_limit_total", "File descriptors that there may be.", process.maxFiles, server)
        gauge("minio_node_go_routine_total", "Threads: there are no goroutines here.", process.threads, server)
        for (name, key, help) in [
            ("io_rchar_bytes", "rchar", "Bytes that were read by system calls."),
            ("io_read_bytes", "read_bytes", "Bytes that were read from devices."),
            ("io_wchar_bytes", "wchar", "Bytes that were written by system calls."),
            ("io_write_bytes", "write_bytes", "Bytes that were written to devices."),
            ("syscall_read_total", "syscr", "System calls that read."),
            ("syscall_write_total", "syscw", "System calls that write."),
        ] {
            counter("minio_node_\(name)", help, process.io[key] ?? 0, server)
        }
        counter(
            "minio_node_process_cpu_total_seconds", "Processor time, of user and system.", process.cpuSeconds, server)
        gauge("minio_node_process_resident_memory_bytes", "Resident memory.", process.residentBytes, server)
        gauge(
            "minio_node_process_starttime_seconds", "When the process began, in seconds since 1970.", process.startTime,
            server)
        gauge("minio_node_process_uptime_seconds", "How long the process has run.", process.uptime, server)
    }

    /// Named as Prometheus's client libraries name it.
    func writeProcessLibrary() {
        let process = ProcessFigures()
        counter("minio_process_cpu_seconds_total", "Processor time, of user and system.", process.cpuSeconds)
        gauge("minio_process_open_fds", "File descriptors that are open.", process.openFiles)
        gauge("minio_process_max_fds", "File descriptors that there may be.", process.maxFiles)
        gauge("minio_process_resident_memory_bytes", "Resident memory.", process.residentBytes)
        gauge("minio_process_virtual_memory_bytes", "Virtual memory.", process.virtualBytes)
        gauge("minio_process_start_time_seconds", "When the process began, in seconds since 1970.", process.startTime)
    }

    func writeDrive() {
        let drive = DriveFigures(path: sources.path)
        let isOnline = isWritable ? 1 : 0
        let labels: Labels = [("drive", sources.path)] + server
        gauge("minio_node_drive_total", "Drives.", 1, server)
        gauge("minio_node_drive_online_total", "Drives that take writes.", isOnline, server)
        gauge("minio_node_drive_offline_total", "Drives that do not.", 1 - isOnline, server)
        gauge("minio_node_drive_total_bytes", "Bytes of the file system.", drive.totalBytes, labels)
        gauge("minio_node_drive_used_bytes", "Bytes that are used on it.", drive.usedBytes, labels)
        gauge("minio_node_drive_free_bytes", "Bytes that are free on it.", drive.freeBytes, labels)
        gauge("minio_node_drive_free_inodes", "Files that it has room for.", drive.freeFiles, labels)
        gauge("minio_node_storage_class_standard_parity", "Drives that may fail.", 0, server)
        gauge("minio_node_storage_class_rrs_parity", "Drives that may fail, of reduced redundancy.", 0, server)
    }

    /// The machine.
    func writeResources() {
        let system = SystemFigures()
        let shares = Dictionary(system.cpu.map { ($0.name, $0.percent) }, uniquingKeysWith: { first, _ in first })
        for name in ["user", "nice", "system", "idle", "iowait", "steal"] {
            gauge(
                "minio_node_cpu_avg_\(name)", "Share of the processors' time since the machine started, in percent.",
                shares[name] ?? 0, server)
        }
        for (name, mean) in zip(["load1", "load5", "load15"], system.load) {
            gauge("minio_node_cpu_avg_\(name)", "Mean of the processes that want to run.", mean, server)
            gauge(
                "minio_node_cpu_avg_\(name)_perc", "The same, in percent of the processors.",
                mean / Double(system.processors) * 100, server)
        }
        for (name, value) in memory(system) {
            gauge("minio_node_mem_\(name)", "Of the machine's memory, in bytes.", value, server)
        }
        gauge("minio_node_mem_used_perc", "Of the machine's memory, in percent.", memoryUse(system), server)
        let interfaces = system.interfaces
        func labels(_ name: String) -> Labels { [("interface", name)] + server }
        family("minio_node_if_rx_bytes", .gauge, "Bytes that were received since the machine started.", interfaces) {
            (labels($0.name), $0.received)
        }
        family("minio_node_if_rx_errors", .gauge, "Errors of receiving.", interfaces) {
            (labels($0.name), $0.receiveErrors)
        }
        family("minio_node_if_tx_bytes", .gauge, "Bytes that were sent since the machine started.", interfaces) {
            (labels($0.name), $0.sent)
        }
        family("minio_node_if_tx_errors", .gauge, "Errors of sending.", interfaces) {
            (labels($0.name), $0.sendErrors)
        }
        let drive = DriveFigures(path: sources.path)
        let driveLabels: Labels = [("drive", sources.path)] + server
        gauge("minio_node_drive_total_bytes", "Bytes of the file system.", drive.totalBytes, driveLabels)
        gauge("minio_node_drive_used_bytes", "Bytes that are used on it.", drive.usedBytes, driveLabels)
        gauge("minio_node_drive_total_inodes", "Files that there may be.", drive.totalFiles, driveLabels)
        gauge("minio_node_drive_used_inodes", "Files that there are.", drive.usedFiles, driveLabels)
    }

    private func memory(_ system: SystemFigures) -> [(name: String, value: Int)] {
        let memory = system.memory
        let total = memory["MemTotal"] ?? 0
        let available = memory["MemAvailable"] ?? 0
        return [
            ("total", total), ("used", total - available), ("free", memory["MemFree"] ?? 0), ("available", available),
            ("buffers", memory["Buffers"] ?? 0), ("cache", memory["Cached"] ?? 0), ("shared", memory["Shmem"] ?? 0),
        ]
    }

    private func memoryUse(_ system: SystemFigures) -> Double {
        let total = Double(system.memory["MemTotal"] ?? 0)
        return total > 0 ? (total - Double(system.memory["MemAvailable"] ?? 0)) / total * 100 : 0
    }

    // MARK: Version 3

    func writeDriveV3() {
        let drive = DriveFigures(path: sources.path)
        let isOnline = isWritable ? 1 : 0
        let labels: Labels =
            [("drive", sources.path), ("pool_index", "0"), ("set_index", "0"), ("drive_index", "0")] + server
        for (name, value) in [
            ("used_bytes", drive.usedBytes), ("free_bytes", drive.freeBytes), ("total_bytes", drive.totalBytes),
            ("used_inodes", drive.usedFiles), ("free_inodes", drive.freeFiles), ("total_inodes", drive.totalFiles),
        ] {
            gauge("minio_system_drive_\(name)", "Of the file system.", value, labels)
        }
        gauge("minio_system_drive_health", "1 when it takes writes.", isOnline, labels)
        gauge("minio_system_drive_count", "Drives.", 1, server)
        gauge("minio_system_drive_online_count", "Drives that take writes.", isOnline, server)
        gauge("minio_system_drive_offline_count", "Drives that do not.", 1 - isOnline, server)
    }

    func writeMemoryV3() {
        let system = SystemFigures()
        for (name, value) in memory(system) {
            gauge("minio_system_memory_\(name)", "Of the machine's memory, in bytes.", value, server)
        }
        gauge("minio_system_memory_used_perc", "Of the machine's memory, in percent.", memoryUse(system), server)
    }

    func writeCPUV3() {
        let system = SystemFigures()
        let shares = Dictionary(system.cpu.map { ($0.name, $0.percent) }, uniquingKeysWith: { first, _ in first })
        for (name, key) in [
            ("avg_idle", "idle"), ("avg_iowait", "iowait"), ("nice", "nice"), ("steal", "steal"), ("system", "system"),
            ("user", "user"),
        ] {
            gauge(
                "minio_system_cpu_\(name)", "Share of the processors' time since the machine started, in percent.",
                shares[key] ?? 0, server)
        }
        gauge("minio_system_cpu_load", "Mean of the processes that want to run, of one minute.", system.load[0], server)
        gauge(
            "minio_system_cpu_load_perc", "The same, in percent of the processors.",
            system.load[0] / Double(system.processors) * 100, server)
    }

    func writeProcessV3() {
        let process = ProcessFigures()
        counter("minio_system_process_cpu_total_seconds", "Processor time.", process.cpuSeconds, server)
        for (name, key) in [
            ("io_rchar_bytes", "rchar"), ("io_read_bytes", "read_bytes"), ("io_wchar_bytes", "wchar"),
            ("io_write_bytes", "write_bytes"), ("syscall_read_total", "syscr"), ("syscall_write_total", "syscw"),
        ] {
            counter("minio_system_process_\(name)", "As the kernel counts it.", process.io[key] ?? 0, server)
        }
        gauge("minio_system_process_go_routine_total", "Threads.", process.threads, server)
        gauge("minio_system_process_start_time_seconds", "In seconds since 1970.", process.startTime, server)
        gauge("minio_system_process_uptime_seconds", "How long the process has run.", process.uptime, server)
        gauge("minio_system_process_file_descriptor_open_total", "That are open.", process.openFiles, server)
        gauge("minio_system_process_file_descriptor_limit_total", "That there may be.", process.maxFiles, server)
        gauge("minio_system_process_resident_memory_bytes", "Resident memory.", process.residentBytes, server)
        gauge("minio_system_process_virtual_memory_bytes", "Virtual memory.", process.virtualBytes, server)
    }
}
