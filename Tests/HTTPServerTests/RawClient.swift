import Glibc

/// A client that sends and reads literal bytes over a blocking socket.
///
/// Reads give up after ten seconds, which no test should ever see.
final class RawClient {
    struct TimedOut: Error {}
    struct Failed: Error { let errno: Int32 }

    private var descriptor: Int32
    private var buffer: [UInt8] = []

    /// - Parameter host: the last number of the client's own address, 127.0.0.`host`.
    init(port: Int, receiveBuffer: Int32? = nil, from host: UInt8 = 1) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failed(errno: errno) }
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        if host != 1 {
            let bound = Self.withAddress(host, port: 0) { bind(descriptor, $0, $1) }
            guard bound == 0 else { throw Failed(errno: errno) }
        }
        let connected = Self.withAddress(1, port: port) { connect(descriptor, $0, $1) }
        guard connected == 0 else { throw Failed(errno: errno) }
    }

    /// Calls `body` with an address in 127.0.0.0/24 and a port.
    private static func withAddress(
        _ host: UInt8, port: Int, _ body: (UnsafePointer<sockaddr>?, socklen_t) -> Int32
    ) -> Int32 {
        // The C structure as bytes: family, port and address in network order, padding.
        let family = UInt16(AF_INET)
        let address: [UInt8] =
            [UInt8(family & 0xff), UInt8(family >> 8), UInt8(port >> 8 & 0xff), UInt8(port & 0xff), 127, 0, 0, host]
            + [UInt8](repeating: 0, count: 8)
        return address.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { body($0.baseAddress, socklen_t(bytes.count)) }
        }
    }

    deinit { close() }

    func close() {
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }

    /// Ends the sending side only.
    func finishSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failed(errno: errno) }
            sent += count
        }
    }

    /// Sends as much as the kernel takes without waiting.
    func sendWithoutWaiting(_ bytes: [UInt8]) -> Int {
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        return max(0, bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, bytes.count, flags) })
    }

    /// Gives the next bytes, empty at the end of the stream.
    func receive() throws -> [UInt8] {
        if !buffer.isEmpty {
            defer { buffer = [] }
            return buffer
        }
        var bytes = [UInt8](repeating: 0, count: 256 * 1024)
        let count = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw errno == EAGAIN ? TimedOut() : Failed(errno: errno) as any Error }
        return Array(bytes[..<count])
    }

    /// Everything up to the end of the stream; a reset throws.
    func receiveToEnd() throws -> String {
        var all: [UInt8] = []
        while true {
            let bytes = try receive()
            guard !bytes.isEmpty else { return String(decoding: all, as: UTF8.self) }
            all += bytes
        }
    }

    /// True when the server has closed, in whatever way, without sending more than was read.
    func isClosed() throws -> Bool {
        do {
            return try receive().isEmpty
        } catch let error as Failed {
            return error.errno == ECONNRESET
        }
    }

    /// Whether something can be read, or the stream has ended, within `time`.
    func hasBytes(within time: Duration) -> Bool {
        guard buffer.isEmpty else { return true }
        var socket = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&socket, 1, Int32(time / .milliseconds(1))) > 0
    }

    func waitForBytes() throws {
        guard hasBytes(within: .seconds(10)) else { throw TimedOut() }
    }

    /// Reads a few bytes, which the next response begins with.
    func receiveIntoBuffer(upTo count: Int) throws {
        var bytes = [UInt8](repeating: 0, count: count)
        let received = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard received > 0 else { throw Failed(errno: received < 0 ? errno : 0) }
        buffer += bytes[..<received]
    }

    private func fill() throws -> Bool {
        let held = buffer
        buffer = []
        let more = try receive()
        buffer = held + more
        return !more.isEmpty
    }

    struct Response {
        var status: Int
        var headers: [String: String]
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    enum BodyExpectation { case asDeclared, none }

    /// Reads one response, its body by Content-Length, chunks or the end of the stream.
    func readResponse(_ expectation: BodyExpectation = .asDeclared) throws -> Response {
        let head = try readHead()
        var lines = head.split(separator: "\r\n").map(String.init)
        let status = Int(lines.removeFirst().split(separator: " ")[1]) ?? 0
        var headers: [String: String] = [:]
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
            headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        var response = Response(status: status, headers: headers, body: [])
        guard expectation == .asDeclared, status >= 200, status != 204, status != 304 else { return response }
        if let length = headers["content-length"].flatMap({ Int($0) }) {
            response.body = try read(length)
        } else if headers["transfer-encoding"] == "chunked" {
            while true {
                let size = Int(try readLine(), radix: 16) ?? 0
                response.body += try read(size)
                _ = try readLine()
                if size == 0 { break }
            }
        } else {
            while try fill() {}
            response.body = buffer
            buffer = []
        }
        return response
    }

    private func readHead() throws -> String {
        var head = ""
        while true {
            let line = try readLine()
            if line.isEmpty { return head }
            head += line + "\r\n"
        }
    }

    private func readLine() throws -> String {
        while true {
            if let end = buffer.firstIndex(of: 10) {
                let line = buffer[..<end].filter { $0 != 13 }
                buffer.removeFirst(end + 1)
                return String(decoding: line, as: UTF8.self)
            }
            guard try fill() else { throw Failed(errno: 0) }
        }
    }

    private func read(_ count: Int) throws -> [UInt8] {
        while buffer.count < count {
            guard try fill() else { throw Failed(errno: 0) }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }
}
