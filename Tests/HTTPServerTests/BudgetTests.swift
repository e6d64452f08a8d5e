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
        let (one, other) = (budget.open("192.0.2.1"), budget.open("192.0.2.2"))
        #expect(budget.take(60, for: one))
        #expect(!budget.take(41, for: other))
        #expect(budget.take(40, for: other))
        budget.give(60, from: one)
        #expect(budget.usedBytes == 40)
        #expect(budget.take(60, for: one))
    }

    @Test func `a peer gets no more than three times what is free`() {
        let budget = BodyBudget(bytes: 100)
        let addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.2", "2001:db8::1", "2001:db8::2"]
        let accounts = addresses.map { budget.open($0) }
        func takeAll(_ index: Int) -> Int { (0..<100).count { _ in budget.take(1, for: accounts[index]) } }
        #expect(takeAll(0) == 75)
        #expect(takeAll(1) == 18)
        #expect(takeAll(2) == 0, "the second connection of an address")
        #expect(takeAll(3) == 5)
        #expect(takeAll(4) == 0, "the second address of a network")
        budget.give(50, from: accounts[0])
        #expect(takeAll(2) > 0)
    }

    @Test func `many that grow leave room for those who begin`() {
        let budget = BodyBudget(bytes: 1000)
        var held = 0
        let accounts = (1...4).map { budget.open("192.0.2.\($0)") }
        for number in 0..<500 where budget.grow(by: 10, to: 10, for: accounts[number % 4]) { held += 10 }
        #expect(held > 500)
        #expect(held <= 750)
        #expect(!budget.grow(by: 1, to: 200, for: budget.open("192.0.2.9")))
        #expect(budget.take(250, for: budget.open("192.0.2.9")))
    }

    @Test func `shares come in the order in which they were asked for`() {
        let budget = BodyBudget(bytes: 20)
        let (account, holder) = (budget.open("192.0.2.1"), budget.open("192.0.2.2"))
        #expect(budget.take(20, for: holder))
        let order = Order()
        func ask(_ number: Int, _ count: Int) -> BodyTicket {
            budget.wait(for: count, account) { _ in order.append(number) }
        }
        _ = ask(1, 6)
        let second = ask(2, 2)
        _ = ask(3, 4)
        _ = ask(4, 1)
        #expect(!budget.take(1, for: account), "who comes later does not overtake those who wait")
        budget.give(2, from: holder)
        #expect(order.numbers == [], "the first does not fit yet, and the second waits its turn")
        budget.cancel(second)
        budget.give(6, from: holder)
        #expect(order.numbers == [1], "the third does not fit yet")
        budget.give(4, from: holder)
        #expect(order.numbers == [1], "it would be more than three times what is free")
        budget.give(8, from: holder)
        #expect(order.numbers == [1, 3, 4])
        #expect(budget.usedBytes == 11)
    }

    @Test func `peers take turns`() {
        let budget = BodyBudget(bytes: 1000)
        let holder = budget.open("192.0.2.1")
        #expect(budget.take(1000, for: holder))
        let accounts = (2...4).map { budget.open("192.0.2.\($0)") }
        let order = Order()
        for (number, account) in accounts.enumerated() {
            for _ in 0..<(number == 0 ? 100 : 2) { _ = budget.wait(for: 1, account) { _ in order.append(number) } }
        }
        for _ in 0..<3 { budget.give(1, from: holder) }
        #expect(order.numbers == [0, 1, 2])
        budget.give(1, from: holder)
        #expect(order.numbers == [0, 1, 2], "a second share would be more than three times what is free")
        budget.give(200, from: holder)
        #expect(order.numbers.prefix(6) == [0, 1, 2, 0, 1, 2])
        #expect(order.numbers.count == 104)
    }

    @Test func `those who hold enough do not keep others from their turn`() {
        let budget = BodyBudget(bytes: 1000)
        let accounts = (0..<100).map { budget.open("198.51.100.\($0)") }
        for account in accounts { #expect(budget.take(9, for: account)) }
        let order = Order()
        for (number, account) in accounts.enumerated() {
            _ = budget.wait(for: 92, account) { _ in order.append(number) }
        }
        #expect(order.numbers == [])
        _ = budget.wait(for: 50, budget.open("192.0.2.1")) { _ in order.append(1000) }
        for _ in 0..<10 { budget.serve() }
        #expect(order.numbers == [1000])
    }

    @Test func `a share given back while somebody asks is not missed`() async {
        let budget = BodyBudget(bytes: 1)
        let granted = Counter()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<4 {
                group.addTask {
                    let account = budget.open("192.0.2.\(number)")
                    for _ in 0..<2000 {
                        await withCheckedContinuation { continuation in
                            _ = budget.wait(for: 1, account) { _ in continuation.resume() }
                        }
                        granted.increment()
                        budget.give(1, from: account)
                    }
                    budget.close(account)
                }
            }
        }
        #expect(granted.value == 8000)
        #expect(budget.usedBytes == 0)
    }

    // MARK: A server with room for six of each client

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
            $0.limits.bodyBytes = 8 * Self.share
            $0.limits.memoryTimeout = memoryTimeout
        } test: { _, port in
            try await test(port)
        }
    }

    private static let sharesOfOne = 6

    /// Downloads that nobody reads, of which the first six have all that their client gets.
    private func stalledDownloads(_ port: Int, waiting: Int = 0) throws -> [RawClient] {
        try (0..<(Self.sharesOfOne + waiting)).map {
            let client = try RawClient(port: port, receiveBuffer: 16 * 1024)
            try client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            if $0 < Self.sharesOfOne { try client.waitForBytes() }
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

    @Test func `many slow readers of one address leave room for those of another`() async throws {
        try await withNarrowServer { port in
            let stalled = try stalledDownloads(port, waiting: 20)
            #expect(!stalled[Self.sharesOfOne].hasBytes(within: .milliseconds(50)))
            func isServed() -> Bool { stalled[Self.sharesOfOne...].contains { $0.hasBytes(within: .zero) } }
            let (download, upload) = (try RawClient(port: port, from: 2), try RawClient(port: port, from: 2))
            for _ in 0..<3 {
                try download.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
                try upload.send("PUT /u HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n")
                try upload.send([UInt8](repeating: 1, count: 300_000))
                #expect(try download.readResponse().body.count == Self.size)
                #expect(try upload.readResponse().text == "PUT /u 300000")
            }
            #expect(!isServed())
            // What the others let go is had by one of those who wait.
            stalled[0].close()
            try await eventually { isServed() }
        }
    }

    // MARK: Documents

    @Test(arguments: ["gathered", "made"])
    func `documents that are held whole count as what they are`(kind: String) async throws {
        let (size, begun) = (1_000_000, Counter())
        try await withServer { request, response in
            do {
                if kind == "gathered" {
                    request.body.willBeGathered(upTo: size)
                    var gathered = 0
                    while let piece = try await request.body.next() {
                        // A receive buffer is read together with the head.
                        if gathered <= 64 * 1024, gathered + piece.readableBytes > 64 * 1024 { begun.increment() }
                        gathered += piece.readableBytes
                    }
                    await response.send(200, "gathered")
                } else {
                    try await response.room(forDocumentUpTo: 2 * size)
                    begun.increment()
                    response.documentHas(size)
                    await response.send(200, String(repeating: "x", count: size))
                }
            } catch {}
        } _: {
            $0.limits.bodyBytes = 8 << 20
        } test: { _, port in
            let body = [UInt8](repeating: 0x78, count: size)
            var sent = 0
            let clients = try (0..<30).map { _ in
                let client = try RawClient(port: port, receiveBuffer: 16 * 1024)
                let length = kind == "gathered" ? "Content-Length: \(size)\r\n" : ""
                try client.send("PUT / HTTP/1.1\r\nHost: a\r\n\(length)\r\n")
                if kind == "gathered" { sent = client.sendWithoutWaiting(Array(body.dropLast())) }
                return client
            }
            try await eventually { begun.value > 0 }
            try await Task.sleep(for: .milliseconds(300))
            #expect(begun.value <= 6, "one address has three quarters of the memory")
            // Each that leaves makes room for another.
            for client in clients.dropLast() { client.close() }
            let last = clients[clients.count - 1]
            if kind == "gathered" { try last.send(Array(body[sent...])) }
            #expect(try last.readResponse().body.count == (kind == "gathered" ? 8 : size))
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
