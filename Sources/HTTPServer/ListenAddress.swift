import Glibc
import NIOCore
import NIOPosix

/// `host:port`, `[v6]:port` or `:port`.
struct ListenAddress {
    /// Nil: all interfaces.
    let host: String?
    let port: Int
    let text: String

    init(_ text: String) throws(HTTPServerError) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw .address(text)
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { throw .address(text) }
        } else if host.contains(":") {
            throw .address(text)
        }
        self.host = host.isEmpty || host == "*" ? nil : String(host)
        self.port = Int(port)
        self.text = text
    }

    /// Listens on a copy of a socket that is bound already, else on one of its own.
    func listen(_ bootstrap: ServerBootstrap, on socket: Int32?) async throws(HTTPServerError) -> any Channel {
        guard let socket else { return try await bind(bootstrap) }
        let copy = fcntl(socket, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw .bind(address: text, errno: errno) }
        do {
            return try await bootstrap.withBoundSocket(copy).get()
        } catch {
            // The bootstrap closes what it could not use.
            throw .bind(address: text, errno: (error as? IOError)?.errnoCode ?? EINVAL)
        }
    }

    /// Binds; all interfaces means IPv6 and IPv4 on one socket, or IPv4 alone where the kernel has no IPv6.
    func bind(_ bootstrap: ServerBootstrap) async throws(HTTPServerError) -> any Channel {
        if let host { return try await bind(bootstrap, host) }
        do throws(HTTPServerError) {
            return try await bind(bootstrap, "::")
        } catch {
            switch error {
            case .bind(_, EAFNOSUPPORT), .bind(_, EADDRNOTAVAIL): return try await bind(bootstrap, "0.0.0.0")
            case .bind, .address, .tls: throw error
            }
        }
    }

    private func bind(_ bootstrap: ServerBootstrap, _ host: String) async throws(HTTPServerError) -> any Channel {
        do {
            return try await bootstrap.bind(host: host, port: port).get()
        } catch let error as IOError {
            throw .bind(address: text, errno: error.errnoCode)
        } catch {
            throw .address(text)
        }
    }
}

extension SocketAddress {
    /// The address without its port; IPv4 in its own notation even where it came in on an IPv6 socket.
    var numericHost: String {
        let text = ipAddress ?? ""
        guard text.hasPrefix("::ffff:"), text.contains(".") else { return text }
        return String(text.dropFirst("::ffff:".count))
    }
}
