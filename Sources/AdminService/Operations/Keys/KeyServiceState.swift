import AccessPolicy
import KeyManagement
import SealedStorage

/// What the key service is and which of its endpoints answer: `mc admin kms status`.
enum KeyServiceState: AdminOperation {
    static let routes = [
        "GET /minio/kms/v1/status", "POST /minio/admin/v3/kms/status", "GET /minio/admin/v3/kms/status",
    ]

    static func demands(_ request: AdminRequest) -> AdminDemands {
        .action(request.isOfOldAddress ? .keyStatusByAdministration : .keyServiceStatus)
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let status = await context.drive.keys.service.status()
        let isOnline = status.endpoints.contains { $0.isOnline }
        let (isReachable, isAvailable) =
            switch status.keyStore {
            // An endpoint that answers is as much as is known.
            case .available, .unknown: (isOnline, isOnline)
            case .unavailable: (isOnline, false)
            case .unreachable: (false, false)
            }
        try await reply.send(
            Document(
                name: status.name, key: status.defaultKey.name,
                endpoints: Dictionary(
                    status.endpoints.map { ($0.name, $0.isOnline ? "online" : "offline") },
                    uniquingKeysWith: { first, _ in first }),
                state: State(
                    keyStoreLatency: Int64((status.latency ?? .zero) / .nanoseconds(1)),
                    keyStoreReachable: isReachable, keystoreAvailable: isAvailable)))
    }

    private struct Document: Encodable {
        let name: String
        let key: String
        let endpoints: [String: String]
        let state: State

        enum CodingKeys: String, CodingKey {
            case name, endpoints, state
            case key = "default-key-id"
        }
    }

    /// The document that clients parse; what only a key server's own process knows is zero or empty.
    private struct State: Encodable {
        var version = ""
        let keyStoreLatency: Int64
        let keyStoreReachable: Bool
        let keystoreAvailable: Bool
        var system = ""
        var architecture = ""
        var upTime = 0
        var processors = 0
        var usableProcessors = 0
        var heapBytes = 0
        var stackBytes = 0

        enum CodingKeys: String, CodingKey {
            case version = "Version"
            case keyStoreLatency = "KeyStoreLatency"
            case keyStoreReachable = "KeyStoreReachable"
            case keystoreAvailable = "KeystoreAvailable"
            case system = "OS"
            case architecture = "Arch"
            case upTime = "UpTime"
            case processors = "CPUs"
            case usableProcessors = "UsableCPUs"
            case heapBytes = "HeapAlloc"
            case stackBytes = "StackAlloc"
        }
    }
}
