import Glibc

/// Tells the service manager how the service is, by datagrams to `$NOTIFY_SOCKET` (sd_notify(3)).
///
/// Without that variable nothing is sent. A datagram that nobody takes is lost after a second at most.
package final class SystemdNotifier: Sendable {
    /// What there is to be told.
    package enum State: Sendable {
        /// It has started, or has read its configuration again.
        case ready
        /// It reads its configuration again; ``ready`` follows.
        case reloading
        case stopping
        /// It is alive: see ``Watchdog``.
        case alive
        /// A line for people.
        case status(String)

        /// The assignments of a datagram, one a line.
        fileprivate var text: String {
            switch self {
            case .ready: "READY=1"
            case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(Self.monotonicMicroseconds)"
            case .stopping: "STOPPING=1"
            case .alive: "WATCHDOG=1"
            case .status(let text):
                "STATUS=" + String(decoding: text.utf8.prefix(512).map { $0 < 0x20 ? 0x20 : $0 }, as: UTF8.self)
            }
        }

        private static var monotonicMicroseconds: Int64 {
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
        }
    }

    /// `nil`: there is nobody to tell.
    private let socket: Int32?
    private let address: sockaddr_un
    private let addressLength: socklen_t

    /// - Parameter name: The value of `NOTIFY_SOCKET`: an absolute path, or `@` and a name in the abstract namespace. Anything
    ///   else, and `nil`, is nobody.
    package init(_ name: String?) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array((name ?? "").utf8)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard let first = bytes.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@"), bytes.count < capacity
        else {
            (socket, self.address, addressLength) = (nil, address, 0)
            return
        }
        if first == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        self.address = address
        addressLength = socklen_t(MemoryLayout.offset(of: \sockaddr_un.sun_path) ?? 2) + socklen_t(bytes.count)
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        socket = descriptor >= 0 ? descriptor : nil
    }

    deinit { if let socket { close(socket) } }

    /// The one that this process was started with.
    package static func ofProcess() -> SystemdNotifier {
        SystemdNotifier(getenv("NOTIFY_SOCKET").map { String(cString: $0) })
    }

    /// Tells all of it at once.
    ///
    /// - Returns: `false` when there is somebody to tell who could not be told.
    @discardableResult
    package func tell(_ states: State...) -> Bool {
        guard let socket else { return true }
        let message = Array(states.map(\.text).joined(separator: "\n").utf8)
        return withUnsafePointer(to: address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                while true {
                    let count = sendto(
                        socket, message, message.count, Int32(MSG_NOSIGNAL), address, addressLength)
                    if count < 0, errno == EINTR { continue }
                    return count == message.count
                }
            }
        }
    }
}
