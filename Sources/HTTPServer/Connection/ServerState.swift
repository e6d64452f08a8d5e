import Logging
import Synchronization

/// What all connections of a server share.
final class ServerState: Sendable {
    let limits: HTTPLimits
    let errorBody: @Sendable (HTTPFault) -> FaultAnswer
    let handler: any HTTPHandler
    let logger: Logger

    /// Connections that are open, refused ones included.
    let openConnections = Atomic<Int>(0)
    /// The most that were open since ``takeMostConnections()`` was last asked.
    private let mostConnections = Atomic<Int>(0)
    /// Calls of the handler that have not returned.
    let runningRequests = Atomic<Int>(0)
    let isShuttingDown = Atomic<Bool>(false)
    let budget: BodyBudget
    let secretHeaders: SecretHeaderNames
    private let peers: PeerConnections

    init(_ configuration: HTTPServerConfiguration, handler: any HTTPHandler, logger: Logger) {
        limits = configuration.limits
        errorBody = configuration.errorBody
        budget = BodyBudget(bytes: configuration.limits.bodyBytes)
        secretHeaders = SecretHeaderNames(configuration.secretHeaders)
        peers = PeerConnections(limit: configuration.limits.maxConnectionsPerPeer)
        self.handler = handler
        self.logger = logger
    }

    enum Admission { case serve, refuse, drop }

    /// Counts a new connection in; every one is counted out by `connectionClosed`.
    func admit(_ peer: String) -> Admission {
        let count = openConnections.add(1, ordering: .relaxed).newValue
        mostConnections.max(count, ordering: .relaxed)
        let isOneOfFew = peers.admit(peer)
        if count <= limits.maxConnections { return isOneOfFew ? .serve : .refuse }
        return count <= limits.maxConnections + max(1, limits.maxConnections / 8) ? .refuse : .drop
    }

    /// The most connections that were open at one time since this was last asked.
    func takeMostConnections() -> Int {
        mostConnections.exchange(openConnections.load(ordering: .relaxed), ordering: .relaxed)
    }

    func connectionClosed(_ peer: String) {
        peers.close(peer)
        openConnections.subtract(1, ordering: .relaxed)
    }

    /// Does a handler's work in a task on `loop`; `returned` is called there in a turn of its own.
    func run(
        _ work: @escaping @Sendable (ResponseWriter) async -> Void, _ writer: ResponseWriter, on loop: ConnectionLoop,
        returned: @escaping @Sendable () -> Void
    ) -> Task<Void, Never> {
        runningRequests.add(1, ordering: .relaxed)
        return Task(executorPreference: loop.executor) { [self] in
            await work(writer)
            loop.run {
                self.runningRequests.subtract(1, ordering: .relaxed)
                returned()
            }
        }
    }
}
