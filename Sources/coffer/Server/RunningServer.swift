import Glibc
import HTTPServer
import NIOCore
import Threading

/// The HTTP server, once there is one: for those who were made before it.
final class RunningServer: Sendable {
    private let server = ShortLock<HTTPServer?>(nil)
    /// The host's name.
    let host: String

    init() {
        var system = utsname()
        host =
            uname(&system) == 0
            ? withUnsafeBytes(of: &system.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            : "localhost"
    }

    func hasStarted(_ started: HTTPServer) { server.withLock { $0 = started } }

    private var current: HTTPServer? { server.withLock { $0 } }

    /// `nil` before it has started.
    var figures: EngineFigures? { current?.figures }

    /// Returns when every event loop has taken a turn; at once before it has started.
    func turnOfEveryLoop() async { await current?.turnOfEveryLoop() }

    /// When its certificate ends, of several the first to end; in seconds since 1970.
    var certificateEnd: Int64? { current?.certificateEnd }

    /// The port of S3's first address; 0 before it has started.
    var port: Int { current?.addresses.first?.port ?? 0 }

    /// Host and port, as metrics and traces name this server.
    var node: String {
        return "\(host):\(port)"
    }
}
