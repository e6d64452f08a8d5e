import Systemd

/// The sockets that the service manager has bound, by what they are for: the one called `console` is the web console's, the
/// others are S3's.
struct SocketConfiguration: Sendable {
    /// Addresses of S3, instead of `--address`; empty where none was bound.
    let addresses: [String]
    /// The console's, instead of `--console-address`.
    let console: String?
    /// Descriptors by the addresses that stand for them.
    let descriptors: [String: Int32]

    static let none = SocketConfiguration()

    private init() {
        addresses = []
        console = nil
        descriptors = [:]
    }

    init(_ sockets: ActivatedSockets) throws(StartFailure) {
        let consoles = sockets.sockets.filter { Self.isConsole($0.name) }
        guard consoles.count <= 1 else {
            throw StartFailure("the service manager gives the console \(consoles.count) sockets: one is served")
        }
        console = consoles.first?.address
        addresses = sockets.sockets.filter { !Self.isConsole($0.name) }.map(\.address)
        descriptors = Dictionary(
            sockets.sockets.map { ($0.address, $0.descriptor) }, uniquingKeysWith: { first, _ in first })
    }

    /// By `FileDescriptorName=`, or the unit's own name.
    private static func isConsole(_ name: String) -> Bool { name == "console" || name == "coffer-console.socket" }
}
