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
    private let lingering = Atomic<Int>(0)
    let budget: BodyBudget
    let secretHeaders: SecretHeaderNames
    private let peers: PeerConnections
    private let trustedProxies: TrustedProxies?

    init(_ configuration: HTTPServerConfiguration, handler: any HTTPHandler, logger: Logger) {
        limits = configuration.limits
        errorBody = configuration.errorBody
        budget = BodyBudget(bytes: configuration.limits.bodyBytes)
        secretHeaders = SecretHeaderNames(configuration.secretHeaders)
        peers = PeerConnections(limit: configuration.limits.maxConnectionsPerPeer)
        trustedProxies = configuration.trustedProxies
        self.handler = handler
        self.logger = logger
    }

    enum Admission { case serve, refuse, drop }

    /// Counts a new connection in; every one is counted out by `connectionClosed`.
    func admit(_ peer: String) -> Admission {
        let count = openConnections.add(1, ordering: .relaxed).newValue
        mostConnections.max(count, ordering: .relaxed)
        // Behind a proxy there are many.
        let isOneOfFew = isTrustedProxy(peer) || peers.admit(peer)
        if count <= limits.maxConnections { return isOneOfFew ? .serve : .refuse }
        return count <= limits.maxConnections + max(1, limits.maxConnections / 8) ? .refuse : .drop
    }

    /// The most connections that were open at one time since this was last asked.
    func takeMostConnections() -> Int {
        mostConnections.exchange(openConnections.load(ordering: .relaxed), ordering: .relaxed)
    }

    func connectionClosed(_ peer: String) {
        if !isTrustedProxy(peer) { peers.close(peer) }
        openConnections.subtract(1, ordering: .relaxed)
    }

    /// Counts in a connection that is to stay while its client still sends; each is counted out by ``lingeringEnded()``.
    ///
    /// - Returns: false when there are too many of them.
    func admitLingering() -> Bool {
        guard lingering.add(1, ordering: .relaxed).newValue <= limits.maxLingering else {
            lingeringEnded()
            return false
        }
        return true
    }

    func lingeringEnded() { lingering.subtract(1, ordering: .relaxed) }

    func isTrustedProxy(_ peer: String) -> Bool { trustedProxies?.trusts(peer) ?? false }

    /// Of the client that a trusted proxy has passed the request on for.
    func info(of head: RequestHead, behind proxy: ConnectionInfo) -> ConnectionInfo {
        guard let trustedProxies else { return proxy }
        return proxy.forwarded(for: trustedProxies.client(of: head, behind: proxy.remoteAddress))
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
