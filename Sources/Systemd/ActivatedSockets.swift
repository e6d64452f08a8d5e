import Glibc

/// Sockets that the service manager has bound for this process (sd_listen_fds(3)).
///
/// They stay open for as long as the process lives, whoever listens on copies of them: what connects while the process
/// begins anew waits, and is not refused.
package struct ActivatedSockets: Sendable {
    package struct Socket: Sendable {
        package let descriptor: Int32
        /// As the unit has it (`FileDescriptorName=`), the unit's own name where it does not say.
        package let name: String
        /// Where it is bound: `host:port`, `[v6]:port`, `:port` for all interfaces.
        package let address: String
    }

    package enum Failure: Error, Equatable {
        /// It is no listening TCP socket.
        case unsuitable(name: String)
    }

    package let sockets: [Socket]

    package static let none = ActivatedSockets()

    private init() { sockets = [] }

    /// None unless they are meant for this process.
    ///
    /// - Parameters:
    ///   - process: the value of `LISTEN_PID`.
    ///   - count: the value of `LISTEN_FDS`.
    ///   - names: the value of `LISTEN_FDNAMES`, by colons.
    ///   - first: the first of the descriptors, which follow each other.
    package init(process: String?, count: String?, names: String?, first: Int32 = 3) throws(Failure) {
        guard let process, Int64(process) == Int64(getpid()), let count = count.flatMap({ Int32($0) }), count > 0,
            count <= 64
        else {
            sockets = []
            return
        }
        let names = (names ?? "").split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var sockets: [Socket] = []
        for index in 0..<count {
            let descriptor = first + index
            let name = Int(index) < names.count ? names[Int(index)] : ""
            guard let address = Self.address(of: descriptor) else { throw .unsuitable(name: name) }
            // No program that this one starts gets it.
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            sockets.append(Socket(descriptor: descriptor, name: name, address: address))
        }
        self.sockets = sockets
    }

    /// Those that this process was started with.
    package static func ofProcess() throws(Failure) -> ActivatedSockets {
        func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        return try ActivatedSockets(
            process: variable("LISTEN_PID"), count: variable("LISTEN_FDS"), names: variable("LISTEN_FDNAMES"))
    }

    /// Leaves them to the program that this process becomes.
    package func keepForSuccessor() {
        for socket in sockets { _ = fcntl(socket.descriptor, F_SETFD, 0) }
    }

    /// Nil for what does not listen for TCP.
    private static func address(of descriptor: Int32) -> String? {
        var (listens, length) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
        guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0, listens == 1 else {
            return nil
        }
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> String? in
                guard getsockname(descriptor, address, &size) == 0 else { return nil }
                switch Int32(address.pointee.sa_family) {
                case AF_INET, AF_INET6: break
                default: return nil
                }
                var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
                var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
                guard
                    getnameinfo(
                        address, size, &host, socklen_t(host.count), &port, socklen_t(port.count),
                        NI_NUMERICHOST | NI_NUMERICSERV) == 0
                else { return nil }
                return Self.text(Self.string(host), Self.string(port))
            }
        }
    }

    private static func text(_ host: String, _ port: String) -> String {
        switch host {
        case "::": ":\(port)"
        case let host where host.contains(":"): "[\(host)]:\(port)"
        default: "\(host):\(port)"
        }
    }

    private static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
