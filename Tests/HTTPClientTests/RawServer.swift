import Glibc
import Synchronization

/// A server of literal bytes: every connection is handed to a closure, on a thread of its own.
///
/// Waits of a connection give up after a minute, which no test should ever see, on a busy machine neither.
final class RawServer: Sendable {
    struct Failed: Error { let errno: Int32 }

    private let descriptor: Int32
    private let accepted = Atomic(0)

    /// How many connections there were.
    var connections: Int { accepted.load(ordering: .relaxed) }

    /// Listens on a free port of the loopback interface.
    convenience init(_ serve: @escaping @Sendable (RawConnection) -> Void) throws {
        let family = UInt16(AF_INET)
        let address: [UInt8] =
            [UInt8(family & 0xff), UInt8(family >> 8), 0, 0, 127, 0, 0, 1] + [UInt8](repeating: 0, count: 8)
        try self.init(AF_INET, address, serve)
    }

    /// Listens on a Unix-domain socket.
    convenience init(path: String, _ serve: @escaping @Sendable (RawConnection) -> Void) throws {
        let family = UInt16(AF_UNIX)
        try self.init(AF_UNIX, [UInt8(family & 0xff), UInt8(family >> 8)] + Array(path.utf8) + [0], serve)
    }

    private init(_ family: Int32, _ address: [UInt8], _ serve: @escaping @Sendable (RawConnection) -> Void) throws {
        descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        let isBound = address.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { bind(descriptor, $0.baseAddress, socklen_t(bytes.count)) }
        }
        guard descriptor >= 0, isBound == 0, listen(descriptor, 64) == 0 else { throw Failed(errno: errno) }
        let listener = descriptor
        thread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                _ = self?.accepted.add(1, ordering: .relaxed)
                thread { serve(RawConnection(connection)) }
            }
        }
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    /// Takes no more connections.
    func refuse() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    var port: Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    var url: String { "http://127.0.0.1:\(port)" }
}

/// One connection of it, closed when the closure lets go of it.
final class RawConnection {
    private let descriptor: Int32
    private var input: [UInt8] = []
    private var hasGivenUp = false

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// The next request with its body, as far as Content-Length tells; nil at the end.
    func request() -> String? {
        while true {
            let text = String(decoding: input, as: UTF8.self)
            if let end = text.firstRange(of: "\r\n\r\n") {
                let head = text[..<end.upperBound]
                let length =
                    head.split(separator: "\r\n").lazy
                    .filter { $0.lowercased().hasPrefix("content-length: ") }
                    .compactMap { Int($0.dropFirst(16)) }.first ?? 0
                let total = head.utf8.count + length
                if input.count >= total {
                    defer { input.removeFirst(total) }
                    return String(decoding: input[..<total], as: UTF8.self)
                }
            }
            guard fill() else { return nil }
        }
    }

    /// Returns when the client has closed, or, with false, has not done so for too long.
    @discardableResult func waitForEnd() -> Bool {
        while fill() {}
        return !hasGivenUp
    }

    /// Ends the connection so that the client sees a reset.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }

    /// Waits for the next bytes; false at the end.
    @discardableResult func fill() -> Bool {
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else {
            hasGivenUp = count < 0 && errno == EAGAIN
            return false
        }
        input += bytes[..<count]
        return true
    }
}

private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func thread(_ body: @escaping @Sendable () -> Void) {
    var handle = pthread_t()
    pthread_create(
        &handle, nil,
        { context in
            if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
            return nil
        }, Unmanaged.passRetained(Body(body)).toOpaque())
    pthread_detach(handle)
}
