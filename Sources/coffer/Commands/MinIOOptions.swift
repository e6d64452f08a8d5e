import ArgumentParser

/// Options of MinIO's server that mean nothing here, accepted so that a unit file with its `MINIO_OPTS` starts.
struct MinIOOptions: ParsableArguments {
    @Option(help: .hidden) var interface: String?
    @Option(help: .hidden) var ftp: [String] = []
    @Option(help: .hidden) var sftp: [String] = []
    @Option(help: .hidden) var crossdomainXml: String?
    @Option(help: .hidden) var memlimit: String?
    @Option(name: [.customLong("config-dir"), .customShort("C")], help: .hidden) var configDir: String?
    @Option(help: .hidden) var dnsCacheTtl: String?
    @Option(help: .hidden) var maxIdleConnsPerHost: String?
    @Option(help: .hidden) var connReadDeadline: String?
    @Option(help: .hidden) var connWriteDeadline: String?
    @Option(help: .hidden) var connClientReadDeadline: String?
    @Option(help: .hidden) var connClientWriteDeadline: String?
    @Option(help: .hidden) var connUserTimeout: String?
    @Option(help: .hidden) var readHeaderTimeout: String?
    @Option(help: .hidden) var idleTimeout: String?
    @Option(help: .hidden) var shutdownTimeout: String?
    @Option(help: .hidden) var sendBufSize: String?
    @Option(help: .hidden) var recvBufSize: String?
    @Option(help: .hidden) var logDir: String?
    @Option(help: .hidden) var logSize: String?
    @Option(help: .hidden) var logPrefix: String?
    @Flag(help: .hidden) var logCompress = false
    @Flag(help: .hidden) var anonymous = false
    @Flag(help: .hidden) var noCompat = false

    /// Those that were given.
    var given: [String] {
        let values: [(String, String?)] = [
            ("--interface", interface), ("--ftp", ftp.first), ("--sftp", sftp.first),
            ("--crossdomain-xml", crossdomainXml), ("--memlimit", memlimit), ("--config-dir", configDir),
            ("--dns-cache-ttl", dnsCacheTtl), ("--max-idle-conns-per-host", maxIdleConnsPerHost),
            ("--conn-read-deadline", connReadDeadline), ("--conn-write-deadline", connWriteDeadline),
            ("--conn-client-read-deadline", connClientReadDeadline),
            ("--conn-client-write-deadline", connClientWriteDeadline), ("--conn-user-timeout", connUserTimeout),
            ("--read-header-timeout", readHeaderTimeout), ("--idle-timeout", idleTimeout),
            ("--shutdown-timeout", shutdownTimeout), ("--send-buf-size", sendBufSize),
            ("--recv-buf-size", recvBufSize), ("--log-dir", logDir), ("--log-size", logSize),
            ("--log-prefix", logPrefix), ("--log-compress", logCompress ? "" : nil),
            ("--anonymous", anonymous ? "" : nil), ("--no-compat", noCompat ? "" : nil),
        ]
        return values.compactMap { $0.1 == nil ? nil : $0.0 }
    }
}
