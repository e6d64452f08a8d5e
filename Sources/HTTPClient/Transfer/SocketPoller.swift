import CCurl
import CLinux
import Glibc

/// Tells one thread what libcurl's sockets are ready for; other threads can wake it.
///
/// `@unchecked Sendable`: the descriptors are the system's, and it takes calls from any thread.
final class SocketPoller: @unchecked Sendable {
    private let poll: Int32
    private let wakeUps: Int32
    private var events = [epoll_event](repeating: epoll_event(), count: 64)

    /// Fails when the process has no descriptors left.
    init() throws(HTTPClientError) {
        poll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeUps = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard poll >= 0, wakeUps >= 0, control(EPOLL_CTL_ADD, wakeUps, EPOLLIN.rawValue) else {
            throw .other("no descriptors: \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        if poll >= 0 { close(poll) }
        if wakeUps >= 0 { close(wakeUps) }
    }

    /// Lets ``wait(milliseconds:_:)`` return, the next one if there is none.
    func wake() {
        var one: UInt64 = 1
        _ = write(wakeUps, &one, 8)
    }

    /// Watches a socket for what libcurl wants to know of it (`CURL_POLL_IN` and the like).
    func watch(_ socket: Int32, for wish: Int32) {
        var wanted: UInt32 = 0
        switch wish {
        case CURL_POLL_IN: wanted = EPOLLIN.rawValue
        case CURL_POLL_OUT: wanted = EPOLLOUT.rawValue
        case CURL_POLL_INOUT: wanted = EPOLLIN.rawValue | EPOLLOUT.rawValue
        default:
            // It may be closed already.
            _ = control(EPOLL_CTL_DEL, socket, 0)
            return
        }
        if !control(EPOLL_CTL_MOD, socket, wanted) { _ = control(EPOLL_CTL_ADD, socket, wanted) }
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ wanted: UInt32) -> Bool {
        var event = epoll_event(events: wanted, data: epoll_data_t(fd: descriptor))
        return epoll_ctl(poll, operation, descriptor, &event) == 0
    }

    /// Waits for sockets, so long at most (negative: for ever), and gives each with libcurl's word for what it is ready for.
    func wait(milliseconds: Int32, _ body: (_ socket: Int32, _ ready: Int32) -> Void) {
        let count = epoll_wait(poll, &events, Int32(events.count), milliseconds)
        guard count > 0 else { return }
        for event in events[..<Int(count)] {
            guard event.data.fd != wakeUps else {
                var number: UInt64 = 0
                _ = read(wakeUps, &number, 8)
                continue
            }
            var ready: Int32 = 0
            if event.events & EPOLLIN.rawValue != 0 { ready |= CURL_CSELECT_IN }
            if event.events & EPOLLOUT.rawValue != 0 { ready |= CURL_CSELECT_OUT }
            if event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { ready |= CURL_CSELECT_ERR }
            body(event.data.fd, ready)
        }
    }
}
