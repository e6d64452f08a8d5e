import HTTPServer
import NIOCore
import Synchronization
import Testing

/// Memory for bodies: given out in shares, in turn, and never more than there is.
@Suite struct BudgetTests {
    private static let share = ResponseWriter.smallestBlockBytes

    // MARK: The budget itself

    @Test func `no more is given out than there is`() {
        let budget = BodyBudget(bytes: 100)
        #expect(budget.take(60))
        #expect(!budget.take(41))
        #expect(budget.take(40))
        budget.give(60)
        #expect(budget.usedBytes == 40)
        #expect(budget.take(60))
    }

    @Test func `many that grow leave room for those who begin`() {
        let budget = BodyBudget(bytes: 1000)
        var held = 0
        for _ in 0..<500 where budget.grow(by: 10, to: 10) { held += 10 }
        #expect(held > 500)
        #expect(held <= 750)
        #expect(!budget.grow(by: 1, to: 200))
        #expect(budget.take(250))
    }

    @Test func `shares come in the order in which they were asked for`() {
        let budget = BodyBudget(bytes: 10)
        #expect(budget.take(10))
        let order = Order()
        func ask(_ number: Int, _ count: Int) -> BodyTicket {
            budget.wait(for: count) { _ in order.append(number) }
        }
        _ = ask(1, 6)
        let second = ask(2, 2)
        _ = ask(3, 4)
        _ = ask(4, 1)
        #expect(!budget.take(1), "who comes later does not overtake those who wait")
        budget.give(2)
        #expect(order.numbers == [], "the first does not fit yet, and the second waits its turn")
        budget.cancel(second)
        budget.give(8)
        #expect(order.numbers == [1, 3])
        budget.give(6)
        #expect(order.numbers == [1, 3, 4])
        #expect(budget.usedBytes == 5)
    }

    @Test func `a share given back while somebody asks is not missed`() async {
        let budget = BodyBudget(bytes: 1)
        let granted = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<2000 {
                        await withCheckedContinuation { continuation in
                            _ = budget.wait(for: 1) { _ in continuation.resume() }
                        }
                        granted.increment()
                        budget.give(1)
                    }
                }
            }
        }
        #expect(granted.value == 8000)
        #expect(budget.usedBytes == 0)
    }

    // MARK: A server with room for two

    /// Makes a body of `size` bytes block by block, as large as there is room for, and counts what it makes.
    private static func produce(
        _ size: Int, _ response: ResponseWriter, made: Counter = Counter(), largest: Counter = Counter()
    ) async {
        do {
            var block = try await response.room(for: Int64(size))
            try await response.start(ResponseHead(status: 200, contentLength: Int64(size)))
            var rest = size
            while rest > 0 {
                let count = min(rest, block)
                made.increment(by: count)
                if count > largest.value { largest.increment(by: count - largest.value) }
                try await response.write(ByteBuffer(repeating: 0x61, count: count))
                rest -= count
                block = try await response.room(for: Int64(size))
            }
            await response.finish()
        } catch {
            if !response.hasStarted { await response.send(503, "\(error)") }
        }
    }

    private static let size = 2 * 1024 * 1024

    private func withNarrowServer(
        memoryTimeout: Duration = .seconds(30), test: (Int) async throws -> Void
    ) async throws {
        try await withServer { request, response in
            switch request.head.method {
            case "GET" where request.head.target == "/large": await Self.produce(Self.size, response)
            default: await describe(request, response)
            }
        } _: {
            $0.limits.bodyBytes = 2 * Self.share
            $0.limits.memoryTimeout = memoryTimeout
        } test: { _, port in
            try await test(port)
        }
    }

    /// Two downloads that nobody reads, which have all there is.
    private func stalledDownloads(_ port: Int) throws -> [RawClient] {
        try (0..<2).map { _ in
            let client = try RawClient(port: port, receiveBuffer: 16 * 1024)
            try client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            try client.waitForBytes()
            return client
        }
    }

    @Test func `a large response waits its turn, a small one does not`() async throws {
        try await withNarrowServer { port in
            let stalled = try stalledDownloads(port)
            let (large, small) = (try RawClient(port: port), try RawClient(port: port))
            try large.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            try small.send("PUT /small HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab")
            #expect(try small.readResponse().text == "PUT /small 2")
            #expect(!large.hasBytes(within: .milliseconds(50)))
            stalled[0].close()
            #expect(try large.readResponse().body.count == Self.size)
            // What was let go serves again and again.
            try large.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try large.readResponse().body.count == Self.size)
        }
    }

    @Test func `an upload waits its turn`() async throws {
        try await withNarrowServer { port in
            let stalled = try stalledDownloads(port)
            let upload = try RawClient(port: port)
            try upload.send("PUT /u HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n")
            try upload.send([UInt8](repeating: 1, count: 300_000))
            #expect(!upload.hasBytes(within: .milliseconds(50)))
            stalled[1].close()
            #expect(try upload.readResponse().text == "PUT /u 300000")
        }
    }

    @Test func `who waits too long is told so`() async throws {
        try await withNarrowServer(memoryTimeout: .milliseconds(100)) { port in
            let stalled = try stalledDownloads(port)
            let (download, upload) = (try RawClient(port: port), try RawClient(port: port))
            try download.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            try upload.send("PUT /u HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n")
            let refusal = try download.readResponse()
            #expect(refusal.status == 503)
            #expect(refusal.text == "overloaded")
            #expect(try upload.readResponse().text == "overloaded")
            stalled.forEach { $0.close() }
            try download.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try download.readResponse().body.count == Self.size)
        }
    }

    // MARK: Pace

    @Test func `who reads nothing costs a block, who reads gets large ones`() async throws {
        let (made, largest) = (Counter(), Counter())
        try await withServer { _, response in
            await Self.produce(2 * Self.size, response, made: made, largest: largest)
        } test: { _, port in
            let client = try RawClient(port: port, receiveBuffer: 16 * 1024)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            var last = -1
            while made.value != last || last == 0 {
                last = made.value
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(last <= 6 * Self.share, "one block here, the others in the kernel")
            #expect(largest.value == Self.share)
            #expect(try client.readResponse().body.count == 2 * Self.size)

            let fast = try RawClient(port: port)
            try fast.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try fast.readResponse().body.count == 2 * Self.size)
            #expect(largest.value > Self.share)
        }
    }

    @Test func `a handler gathers more of a body that comes fast`() async throws {
        try await withServer { request, response in
            let first = request.body.blockBytes
            do {
                while try await request.body.next() != nil {}
            } catch { return }
            await response.send(200, "\(first) \(request.body.blockBytes)")
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: \(8 * Self.size)\r\n\r\n")
            try client.send([UInt8](repeating: 1, count: 8 * Self.size))
            let sizes = try client.readResponse().text.split(separator: " ").compactMap { Int($0) }
            #expect(sizes.count == 2 && sizes[0] == 32 * 1024 && sizes[1] > sizes[0])
        }
    }

    // MARK: Slow and stalled

    @Test func `a slow reader gets everything`() async throws {
        let size = 16 * 1024 * 1024
        try await withServer { _, response in
            do {
                try await response.start(ResponseHead(status: 200, contentLength: Int64(size)))
                for _ in 0..<16 { try await response.write(ByteBuffer(repeating: 0x61, count: size / 16)) }
            } catch { return }
            await response.finish()
        } _: {
            $0.limits.writeStallTimeout = .milliseconds(400)
        } test: { _, port in
            let client = try RawClient(port: port, receiveBuffer: 64 * 1024)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            // Its kernel acknowledges 64 KiB at a time, every tenth of a second, for several times as long as a stall
            // may last; the sending kernel's buffer would take as long to be a third empty.
            for _ in 0..<80 {
                try client.receiveIntoBuffer(upTo: 16 * 1024)
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try client.readResponse().body.count == size)
        }
    }

    @Test func `a body that only drips is stalled`() async throws {
        try await withServer(describe) {
            $0.limits.bodyStallTimeout = .milliseconds(200)
            $0.limits.minimumRate = 10_000
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
            for _ in 0..<200 where !client.hasBytes(within: .milliseconds(5)) {
                guard (try? client.send("x")) != nil else { break }
            }
            #expect(try client.readResponse().text == "stalled")
        }
    }

    @Test func `one address has no more connections than it may`() async throws {
        try await withServer(describe) {
            $0.limits.maxConnectionsPerPeer = 2
        } test: { _, port in
            let clients = [try RawClient(port: port), try RawClient(port: port)]
            for client in clients {
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.readResponse().status == 200)
            }
            #expect(try RawClient(port: port).readResponse().status == 503)
            clients[0].close()
            try await eventually {
                let client = try RawClient(port: port)
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                return try client.readResponse().status == 200
            }
        }
    }
}

/// Numbers in the order in which they came, from any thread.
private final class Order: Sendable {
    private let kept = Mutex<[Int]>([])

    var numbers: [Int] { kept.withLock { $0 } }

    func append(_ number: Int) {
        kept.withLock { $0.append(number) }
    }
}
