/// What is asked for: one of MinIO's pages of metrics.
enum MetricsPath: Equatable {
    /// `/minio/v2/metrics/NAME`
    case v2(V2)
    /// `/minio/metrics/v3`, and each path below it that has something.
    case v3([V3Group])

    enum V2: String { case cluster, node, bucket, resource }

    static let prefixes = ["/minio/v2/metrics/", "/minio/metrics/v3", "/minio/prometheus/metrics"]

    /// `nil` for a path that is none of these.
    init?(_ path: some StringProtocol) {
        if path == "/minio/prometheus/metrics" {
            self = .v2(.cluster)
        } else if path.hasPrefix(Self.prefixes[0]) {
            guard let name = V2(rawValue: String(path.dropFirst(Self.prefixes[0].count))) else { return nil }
            self = .v2(name)
        } else {
            guard path.hasPrefix(Self.prefixes[1]) else { return nil }
            var rest = path.dropFirst(Self.prefixes[1].count)
            while rest.last == "/" { rest = rest.dropLast() }
            guard rest.isEmpty || rest.first == "/" else { return nil }
            let groups = V3Group.allCases.filter { rest.isEmpty || $0.isBelow(String(rest)) }
            let named = rest.isEmpty ? nil : V3Group.bucket(String(rest))
            guard !groups.isEmpty || named != nil else { return nil }
            self = .v3(groups.isEmpty ? [named].compactMap(\.self) : groups)
        }
    }

    /// The groups of version 3 by their paths; that of one bucket's requests is there for those who name it.
    enum V3Group: Hashable, CaseIterable {
        case requests, drive, memory, cpu, process, clusterHealth, usageObjects, usageBuckets, erasureSet, config, ilm,
            audit
        case logger, notification, scanner, coffer
        case bucketRequests(String)

        static var allCases: [V3Group] {
            [
                .requests, .drive, .memory, .cpu, .process, .clusterHealth, .usageObjects, .usageBuckets, .erasureSet,
                .config, .ilm, .audit, .logger, .notification, .scanner, .coffer,
            ]
        }

        var path: String {
            switch self {
            case .requests: "/api/requests"
            case .bucketRequests(let bucket): "/bucket/api/\(bucket)"
            case .drive: "/system/drive"
            case .memory: "/system/memory"
            case .cpu: "/system/cpu"
            case .process: "/system/process"
            case .clusterHealth: "/cluster/health"
            case .usageObjects: "/cluster/usage/objects"
            case .usageBuckets: "/cluster/usage/buckets"
            case .erasureSet: "/cluster/erasure-set"
            case .config: "/cluster/config"
            case .ilm: "/ilm"
            case .audit: "/audit"
            case .logger: "/logger/webhook"
            case .notification: "/notification"
            case .scanner: "/scanner"
            case .coffer: "/coffer"
            }
        }

        func isBelow(_ prefix: String) -> Bool { path == prefix || path.hasPrefix(prefix + "/") }

        static func bucket(_ path: String) -> V3Group? {
            let prefix = "/bucket/api/"
            guard path.hasPrefix(prefix), path.utf8.count > prefix.utf8.count else { return nil }
            return .bucketRequests(String(path.dropFirst(prefix.count)))
        }
    }
}
