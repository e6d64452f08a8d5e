import Glibc

/// A connected, non-blocking TCP socket that closes itself.
struct ClientSocket: ~Copyable {
    let descriptor: Int32

    init(to address: sockaddr_in) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw BenchError("socket: \(String(cString: strerror(errno)))") }
        var address = address
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw BenchError("connect: \(String(cString: strerror(errno)))") }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit { close(descriptor) }

    /// Sends two pieces in one call; returns how much of their sum the kernel took, 0 when it takes nothing now, nil
    /// when the connection is gone.
    func send(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Int? {
        let sent = withUnsafeTemporaryAllocation(of: iovec.self, capacity: 2) { pieces in
            pieces.initializeElement(
                at: 0, to: iovec(iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress), iov_len: first.count))
            pieces.initializeElement(
                at: 1, to: iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: second.count)
            )
            var message = msghdr()
            message.msg_iov = pieces.baseAddress
            message.msg_iovlen = 2
            return sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
        }
        return outcome(sent)
    }

    /// Like ``send(_:_:)``, but 0 stands for "nothing there now" and nil for the end of the connection as well.
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let received = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        return received == 0 ? nil : outcome(received)
    }

    /// Lets the kernel drop up to `count` received bytes without copying them to this process.
    func discard(upTo count: Int) -> Int? {
        let discarded = recv(descriptor, nil, count, Int32(MSG_TRUNC))
        return discarded == 0 ? nil : outcome(discarded)
    }

    private func outcome(_ result: Int) -> Int? {
        if result >= 0 { return result }
        return errno == EAGAIN || errno == EINTR ? 0 : nil
    }
}
