import CLinux
import Glibc

/// One thread's connections in an edge-triggered epoll loop, each with one request under way: a request costs the
/// client little more than its system calls.
final class LoadLoop {
    private let address: sockaddr_in
    private let book: RequestBook
    private let dispenser: Dispenser
    private var connections: [Connection] = []
    private var tally = LoadTally()
    private var busy = 0
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 4096)

    init(address: sockaddr_in, book: RequestBook, dispenser: Dispenser) {
        self.address = address
        self.book = book
        self.dispenser = dispenser
    }

    deinit { scratch.deallocate() }

    /// Drives `count` connections until the dispenser is empty and every answer has arrived.
    func run(connections count: Int) throws -> LoadTally {
        let poll = epoll_create1(0)
        guard poll >= 0 else { throw BenchError("epoll_create1: \(String(cString: strerror(errno)))") }
        defer { close(poll) }
        for index in 0..<count {
            connections.append(Connection(try ClientSocket(to: address)))
            try watch(index, with: poll)
        }
        for index in 0..<count { startRequest(on: index) }

        let capacity = 256
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: capacity)
        defer { events.deallocate() }
        while busy > 0 {
            let ready = epoll_wait(poll, events, Int32(capacity), 60_000)
            guard ready != 0 else { throw BenchError("no answer for 60 s") }
            for event in 0..<Int(max(ready, 0)) {
                let index = Int(events[event].data.u32)
                if !proceed(on: index) { try replace(index, poll) }
            }
        }
        return tally
    }

    private func watch(_ index: Int, with poll: Int32) throws {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        event.data.u32 = UInt32(index)
        guard epoll_ctl(poll, EPOLL_CTL_ADD, connections[index].socket.descriptor, &event) == 0 else {
            throw BenchError("epoll_ctl: \(String(cString: strerror(errno)))")
        }
    }

    private func startRequest(on index: Int) {
        let connection = connections[index]
        let now = monotonicNanoseconds()
        guard let number = dispenser.take(now: now) else {
            connection.request = nil
            return
        }
        let request = book.requests[number % book.requests.count]
        connection.begin(request, at: now)
        busy += 1
        // A failure shows again, and is dealt with, at the next event.
        _ = send(connection)
    }

    /// Does what the socket is ready for; false when the connection is of no more use.
    private func proceed(on index: Int) -> Bool {
        let connection = connections[index]
        guard connection.request != nil else { return true }
        guard send(connection), receive(connection) else {
            finish(connection, failure: connection.parser.status == 0 ? "connection lost" : connection.parser.failure)
            return false
        }
        guard connection.parser.isComplete else { return true }
        let isReusable = connection.isSent && !connection.parser.closes
        finish(connection, failure: connection.parser.isSuccess ? nil : connection.parser.failure)
        guard isReusable else { return false }
        startRequest(on: index)
        return true
    }

    private func finish(_ connection: Connection, failure: String?) {
        busy -= 1
        if let failure {
            tally.fail(failure)
        } else {
            let sentBody = connection.request?.hasBody == true ? book.body.count : 0
            tally.complete(
                nanoseconds: monotonicNanoseconds() - connection.started, bytes: sentBody + connection.parser.bodyBytes)
        }
        connection.request = nil
    }

    private func replace(_ index: Int, _ poll: Int32) throws {
        // A server that answers nothing but errors must not keep the loop reconnecting for ever.
        guard tally.failed < 1000 else { throw BenchError("too many failures: \(tally.firstFailure ?? "")") }
        connections[index] = Connection(try ClientSocket(to: address))
        try watch(index, with: poll)
        startRequest(on: index)
    }

    private func send(_ connection: Connection) -> Bool {
        guard let request = connection.request else { return true }
        return book.heads.withUnsafeBytes { heads in
            book.body.withUnsafeBytes { body in
                let head = UnsafeRawBufferPointer(rebasing: heads[request.head])
                let body = request.hasBody ? body : UnsafeRawBufferPointer(start: nil, count: 0)
                let total = head.count + body.count
                while connection.sent < total {
                    let fromHead = min(connection.sent, head.count)
                    guard
                        let sent = connection.socket.send(
                            UnsafeRawBufferPointer(rebasing: head[fromHead...]),
                            UnsafeRawBufferPointer(rebasing: body[(connection.sent - fromHead)...]))
                    else { return false }
                    if sent == 0 { return true }
                    connection.sent += sent
                }
                connection.isSent = true
                return true
            }
        }
    }

    private func receive(_ connection: Connection) -> Bool {
        while !connection.parser.isComplete {
            let skippable = connection.parser.skippable
            if skippable > scratch.count {
                guard let count = connection.socket.discard(upTo: skippable) else { return false }
                if count == 0 { return true }
                connection.parser.skip(count)
            } else {
                guard let count = connection.socket.receive(into: scratch) else { return false }
                if count == 0 { return true }
                connection.parser.feed(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
                guard !connection.parser.isBroken else { return false }
            }
        }
        return true
    }

    private final class Connection {
        let socket: ClientSocket
        var parser = ResponseParser()
        var request: RequestBook.Request?
        var sent = 0
        var isSent = false
        var started: UInt64 = 0

        init(_ socket: consuming ClientSocket) { self.socket = socket }

        func begin(_ request: RequestBook.Request, at now: UInt64) {
            self.request = request
            started = now
            sent = 0
            isSent = false
            parser.begin(isHead: request.isHead)
        }
    }
}
