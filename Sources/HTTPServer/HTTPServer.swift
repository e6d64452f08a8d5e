import Glibc
package import Logging
package import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// An HTTP/1 server: listening sockets, event loops, connections.
package final class HTTPServer: Sendable {
    /// At most so many bytes of a fast connection's input are in memory before its handler gets them.
    package static let receiveBufferBytes = 1024 * 1024
    /// Bodies up to so many bytes that came with their heads are whole when the handler is asked.
    package static let earlyBodyBytes = 16 * 1024
    /// A response's `write` to a fast client waits while more than so many bytes wait, until fewer than
    /// `writeLowWaterBytes` do.
    package static let writeHighWaterBytes = 2 * 1024 * 1024
    package static let writeLowWaterBytes = 1024 * 1024

    /// The bound addresses, with their real ports, in the configuration's order.
    package let addresses: [SocketAddress]

    private let group: MultiThreadedEventLoopGroup
    let loops: [ConnectionLoop]
    private let listeners: [any Channel]
    let state: ServerState
    let tls: TLSEndpoint?
    private let memory = MemoryReturn()

    private init(
        group: MultiThreadedEventLoopGroup, loops: [ConnectionLoop], listeners: [any Channel], state: ServerState,
        tls: TLSEndpoint?
    ) {
        self.group = group
        self.loops = loops
        self.listeners = listeners
        self.state = state
        self.tls = tls
        addresses = listeners.compactMap(\.localAddress)
    }

    /// Reads the certificates, binds every address and begins to accept.
    ///
    /// On failure nothing stays bound.
    package static func start(
        _ configuration: HTTPServerConfiguration, handler: any HTTPHandler, logger: Logger
    ) async throws(HTTPServerError) -> HTTPServer {
        var addresses: [ListenAddress] = []
        for text in configuration.addresses { addresses.append(try ListenAddress(text)) }
        var tls: TLSEndpoint?
        if let source = configuration.tls { tls = try TLSEndpoint(source, configuration, logger: logger) }

        let state = ServerState(configuration, handler: handler, logger: logger)
        let count = configuration.eventLoops ?? max(4, 4 * System.coreCount)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, count))
        let loops = group.makeIterator().map { ConnectionLoop(loop: $0, configuration) }
        let bootstrap = bootstrap(group, loops, state, tls)
        var listeners: [any Channel] = []
        do throws(HTTPServerError) {
            // The first one last: who reaches the server there reaches it everywhere.
            for address in addresses.reversed() {
                let listener = try await address.listen(bootstrap, on: configuration.sockets[address.text])
                listeners.insert(listener, at: 0)
            }
        } catch {
            for listener in listeners { try? await listener.close() }
            try? await group.shutdownGracefully()
            throw error
        }
        tls?.certificates.poll()
        let server = HTTPServer(group: group, loops: loops, listeners: listeners, state: state, tls: tls)
        server.memory.watch(state)
        return server
    }

    /// Reads the certificates again, for connections to come.
    ///
    /// On failure the old ones stay.
    package func reloadTLS() throws(HTTPServerError) -> Bool {
        try tls?.certificates.reload() != nil
    }

    /// Serves connections to come from `source`; open ones stay as they are.
    ///
    /// On failure, or if the server was started without TLS, nothing changes.
    package func replaceTLS(_ source: TLSConfigurationSource) throws(HTTPServerError) {
        guard let certificates = tls?.certificates else { throw .tls(reason: "the server does not serve TLS") }
        try certificates.replace(source)
        certificates.poll()
    }

    /// Stops accepting and closes idle connections; requests in flight have `grace` to finish before their connections
    /// are reset and their tasks cancelled.
    ///
    /// Returns when all of it is over, at the latest some seconds after `grace`. A second call does nothing.
    package func shutdown(grace: Duration) async {
        guard !state.isShuttingDown.exchange(true, ordering: .sequentiallyConsistent) else { return }
        tls?.certificates.stopPolling()
        memory.stop()
        for listener in listeners { try? await listener.close() }
        await onEveryConnection { $0.shutDown() }
        await waitUntil(.now + grace) { self.isQuiet }
        await onEveryConnection { $0.cutOff() }
        await waitUntil(.now + .seconds(5)) { self.isQuiet }
        // A handler that ignores its cancellation still needs its loop.
        guard isQuiet else {
            return state.logger.warning("requests still run after the shutdown's grace")
        }
        try? await group.shutdownGracefully()
    }

    private var isQuiet: Bool {
        state.openConnections.load(ordering: .relaxed) == 0 && state.runningRequests.load(ordering: .relaxed) == 0
    }

    private func onEveryConnection(_ body: @escaping @Sendable (any LoopMember) -> Void) async {
        for loop in loops {
            try? await loop.loop.submit { loop.forEach(body) }.get()
        }
    }

    private func waitUntil(_ deadline: ContinuousClock.Instant, _ condition: () -> Bool) async {
        while !condition(), ContinuousClock.now < deadline {
            guard (try? await Task.sleep(for: .milliseconds(5))) != nil else { return }
        }
    }
}

// MARK: Channels

extension HTTPServer {
    private static func bootstrap(
        _ group: MultiThreadedEventLoopGroup, _ loops: [ConnectionLoop], _ state: ServerState,
        _ tls: TLSEndpoint?
    ) -> ServerBootstrap {
        let loopOf = Dictionary(uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.loop), $0) })
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try prepareListener(channel)
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.recvAllocator, value: TransferPace.unproven.receiveBuffers())
            .childChannelOption(.writeBufferWaterMark, value: TransferPace.unproven.waterMark)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = loopOf[ObjectIdentifier(channel.eventLoop)] else {
                        throw ChannelError.ioOnClosedChannel
                    }
                    try addHandlers(to: channel, loop, state, tls)
                }
            }
    }

    /// An address that stands for all interfaces takes IPv4 too, whatever the system's default.
    private static func prepareListener(_ channel: any Channel) throws {
        try closeOnExec(channel)
        try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable { (socket: NIOBSDSocket.Handle) in
            var no: Int32 = 0
            // Fails on an IPv4 socket, which has no need of it.
            _ = setsockopt(socket, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &no, socklen_t(MemoryLayout<Int32>.size))
            // Inherited by the connections.
            var unsent = Int32(TransferPace.unproven.unsentInKernel)
            _ = setsockopt(
                socket, Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, &unsent, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    /// Keeps a program started by this process from holding the socket open.
    private static func closeOnExec(_ channel: any Channel) throws {
        try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable { (socket: NIOBSDSocket.Handle) in
            _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
        }
    }

    private static func addHandlers(
        to channel: any Channel, _ loop: ConnectionLoop, _ state: ServerState, _ tls: TLSEndpoint?
    ) throws {
        try closeOnExec(channel)
        let peer = channel.remoteAddress?.numericHost ?? ""
        let admission = state.admit(peer)
        guard admission != .drop, !state.isShuttingDown.load(ordering: .relaxed) else {
            state.connectionClosed(peer)
            return channel.close(promise: nil)
        }
        let info = ConnectionInfo(
            isTLS: tls != nil, remoteAddress: peer, localPort: channel.localAddress?.port ?? 0)
        do {
            guard let tls else { return try addHTTP1(to: channel, loop, state, admission, info) }
            try tls.addHandlers(to: channel, loop, state, info) { info, version in
                switch version {
                case .one: try addHTTP1(to: channel, loop, state, admission, info)
                case .two: try HTTP2Connection.add(to: channel, loop, state, admission, info)
                }
            }
        } catch {
            state.connectionClosed(peer)
            throw error
        }
    }

    private static func addHTTP1(
        to channel: any Channel, _ loop: ConnectionLoop, _ state: ServerState, _ admission: ServerState.Admission,
        _ info: ConnectionInfo
    ) throws {
        let connection = Connection(loop: loop, server: state, admission: admission, info: info)
        try channel.pipeline.syncOperations.addHandler(connection)
    }
}
