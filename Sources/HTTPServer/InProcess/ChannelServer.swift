package import Logging
package import NIOCore

/// Speaks HTTP on channels that somebody else has made, as the server does on those of its sockets.
///
/// With a channel in memory every byte that a client could send is read by what reads it in a server, without a socket.
package final class ChannelServer: Sendable {
    private let loop: ConnectionLoop
    private let state: ServerState

    /// - Parameter loop: on which all channels are.
    package init(
        on loop: any EventLoop, _ configuration: HTTPServerConfiguration, handler: any HTTPHandler, logger: Logger
    ) {
        self.loop = ConnectionLoop(loop: loop, configuration)
        state = ServerState(configuration, handler: handler, logger: logger)
    }

    /// Makes `channel` a connection that speaks HTTP/1.
    package func serveHTTP1(_ channel: any Channel) throws {
        let (admission, info) = (state.admit(""), Self.info)
        let connection = Connection(loop: loop, server: state, admission: admission, info: info)
        try channel.pipeline.syncOperations.addHandler(connection)
    }

    /// Makes `channel` a connection that speaks HTTP/2, from the client's preface on.
    package func serveHTTP2(_ channel: any Channel) throws {
        try HTTP2Connection.add(to: channel, loop, state, state.admit(""), Self.info)
    }

    private static let info = ConnectionInfo(isTLS: true, remoteAddress: "", localPort: 0)
}
