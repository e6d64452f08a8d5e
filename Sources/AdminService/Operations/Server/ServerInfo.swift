import AccessPolicy
import HTTPServer
import KeyManagement
import ObjectStorage
import Requests
import SealedStorage

/// What the server is, how full its drive is, and whether its key service answers: `mc admin info`.
enum ServerInfo: AdminOperation {
    static let routes = ["GET /minio/admin/v3/info"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.serverInfo) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        async let keyService = context.drive.keys.service.status()
        // Nobody can read it while the key service is away; the rest is told all the same.
        let id = (try? await context.drive.records.deploymentID()) ?? ""
        let total = try await context.drive.buckets.usageOfAll().total
        let bucketCount = context.drive.buckets.count
        let isWritable = (try? context.drive.checkWritable()) != nil
        let facts = context.facts
        let endpoints = await keyService.endpoints.map {
            KeyServiceDocument(status: $0.isOnline ? "online" : "offline", endpoint: $0.name)
        }
        let scrub = ScrubSummary(context.scrubStatus())
        let drive = try await context.drive.offload { DriveDocument(facts, id: id, isWritable: isWritable) }
        try await reply.send(
            Document(
                mode: context.drive.records.isLocked ? "initializing" : "online", region: facts.region,
                deploymentID: id, sqsARN: facts.webhooks.map { "arn:minio:sqs:\(facts.region):\($0):webhook" },
                buckets: Count(count: Int64(bucketCount)), objects: Count(count: total.objects),
                versions: Count(count: total.versions), deletemarkers: Count(count: total.deleteMarkers),
                usage: Size(size: total.bytes),
                services: Services(kmsStatus: endpoints),
                backend: Backend(online: isWritable ? 1 : 0),
                servers: [Server(facts, drive, scrub, now: request.time)],
                pools: ["0": ["0": Pool(drive, total)]]))
    }

    private struct Document: Encodable, Sendable {
        let mode: String
        let region: String
        let deploymentID: String
        let sqsARN: [String]
        let buckets: Count
        let objects: Count
        let versions: Count
        let deletemarkers: Count
        let usage: Size
        let services: Services
        let backend: Backend
        let servers: [Server]
        let pools: [String: [String: Pool]]
    }

    private struct Count: Encodable, Sendable {
        let count: Int64
    }

    private struct Size: Encodable, Sendable {
        let size: Int64
    }

    private struct KeyServiceDocument: Encodable, Sendable {
        let status: String
        let endpoint: String
    }

    private struct Services: Encodable, Sendable {
        let kms: [String: String] = [:]
        let kmsStatus: [KeyServiceDocument]
        let ldap: [String: String] = [:]
    }

    private struct Backend: Encodable, Sendable {
        let backendType = "Erasure"
        let onlineDisks: Int
        let offlineDisks: Int
        let standardSCParity = 0
        let rrSCParity = 0
        let totalSets = [1]
        let totalDrivesPerSet = [1]

        init(online: Int) {
            onlineDisks = online
            offlineDisks = 1 - online
        }
    }

    private struct Server: Encodable, Sendable {
        let state = "online"
        let endpoint: String
        /// Seconds.
        let uptime: Int64
        let version: String
        let commitID = ""
        let network: [String: String]
        let drives: [DriveDocument]
        /// Coffer's own.
        let scrub: ScrubSummary
        let poolNumber = 1
        let poolNumbers = [1]
        let memStats = MemoryDocument()
        let goMaxProcs: Int
        let processors: Int
        let runtimeVersion = "Swift"
        let environment: [String: String]

        init(_ facts: ServerFacts, _ drive: DriveDocument, _ scrub: ScrubSummary, now: Int64) {
            self.scrub = scrub
            endpoint = facts.endpoint
            uptime = max(1, (now - facts.started) / 1000)
            version = facts.version
            network = [facts.endpoint: "online"]
            drives = [drive]
            processors = SystemFacts.processorCount
            goMaxProcs = processors
            environment = facts.environment
        }

        enum CodingKeys: String, CodingKey {
            case state, endpoint, uptime, version, commitID, network, drives, scrub, poolNumber, poolNumbers
            case memStats = "mem_stats"
            case goMaxProcs = "go_max_procs"
            case processors = "num_cpu"
            case runtimeVersion = "runtime_version"
            case environment = "minio_env_vars"
        }
    }

    /// Bytes of memory that the process has.
    private struct MemoryDocument: Encodable, Sendable {
        let alloc: UInt64
        let heapAlloc: UInt64
        let totalAlloc: UInt64

        init() {
            alloc = SystemFacts.residentBytes
            heapAlloc = alloc
            totalAlloc = alloc
        }

        enum CodingKeys: String, CodingKey {
            case alloc = "Alloc"
            case heapAlloc = "HeapAlloc"
            case totalAlloc = "TotalAlloc"
        }
    }

    private struct Pool: Encodable, Sendable {
        let id = 0
        let rawUsage: UInt64
        let rawCapacity: UInt64
        let usage: Int64
        let objectsCount: Int64
        let versionsCount: Int64
        let deleteMarkersCount: Int64
        let healDisks = 0

        init(_ drive: DriveDocument, _ total: BucketUsage) {
            rawUsage = drive.usedspace
            rawCapacity = drive.totalspace
            usage = total.bytes
            objectsCount = total.objects
            versionsCount = total.versions
            deleteMarkersCount = total.deleteMarkers
        }
    }
}
