import Dispatch
import HTTPServer
import NIOCore
import Synchronization
import Testing

/// Bodies that do not fit, in both directions.
@Suite struct FlowTests {
    private static let size = 16 * 1024 * 1024

    @Test(arguments: [true, false]) func `a large upload arrives whole`(isChunked: Bool) async throws {
        try await withServer { request, response in
            var sum: UInt64 = 0
            var count = 0
            var largest = 0
            do {
                while let piece = try await request.body.next() {
                    for byte in piece.readableBytesView { sum = sum &* 31 &+ UInt64(byte) }
                    count += piece.readableBytes
                    largest = max(largest, piece.readableBytes)
                }
            } catch { return }
            await response.send(200, "\(count) \(sum) \(largest <= HTTPServer.receiveBufferBytes)")
        } test: { _, port in
            let client = try RawClient(port: port)
            let bytes = (0..<Self.size).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 11) }
            let expected = bytes.reduce(UInt64(0)) { $0 &* 31 &+ UInt64($1) }
            let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(Self.size)"
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n")
            if isChunked {
                var rest = bytes[...]
                var step = 1
                while !rest.isEmpty {
                    let chunk = rest.prefix(step)
                    rest = rest.dropFirst(step)
                    try client.send(Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [13, 10])
                    step = step * 3 + 1
                }
                try client.send("0\r\n\r\n")
            } else {
                try client.send(bytes)
            }
            #expect(try client.readResponse().text == "\(Self.size) \(expected) true")
        }
    }

    @Test func `an upload nobody reads stops the client`() async throws {
        let release = Gate()
        try await withServer { request, response in
            _ = try? await request.body.next()
            await release.wait()
            await describe(request, response)
        } test: { _, port in
            let client = try RawClient(port: port)
            let size = 64 * 1024 * 1024
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n")
            let block = [UInt8](repeating: 1, count: 256 * 1024)
            // What the kernel's two buffers and one receive buffer take, and no more.
            var taken = 0
            var idle = 0
            while taken < size, idle < 50 {
                let count = client.sendWithoutWaiting(block)
                taken += count
                idle = count == 0 ? idle + 1 : 0
                if count == 0 { try await Task.sleep(for: .milliseconds(4)) }
            }
            #expect(taken < 32 * 1024 * 1024)
            release.open()
        }
    }

    @Test func `a download waits for its client`() async throws {
        let written = Counter()
        try await withServer { _, response in
            let block = ByteBuffer(repeating: 0x61, count: 128 * 1024)
            do {
                try await response.start(ResponseHead(status: 200, contentLength: Int64(Self.size) * 4))
                for _ in 0..<(Self.size * 4 / (128 * 1024)) {
                    try await response.write(block)
                    written.increment(by: 128 * 1024)
                }
            } catch { return }
            await response.finish()
        } test: { _, port in
            let client = try RawClient(port: port, receiveBuffer: 64 * 1024)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            var last = -1
            while written.value != last || last == 0 {
                last = written.value
                try await Task.sleep(for: .milliseconds(100))
            }
            // The high-water mark, one block, and the kernel's buffers.
            #expect(last < 12 * 1024 * 1024)
            #expect(try client.readResponse().body.count == Self.size * 4)
            #expect(written.value == Self.size * 4)
        }
    }

    @Test func `a body of one-byte chunks is joined`() async throws {
        try await withServer { request, response in
            var pieces = 0
            var count = 0
            do {
                while let piece = try await request.body.next() {
                    pieces += 1
                    count += piece.readableBytes
                }
            } catch { return }
            await response.send(200, "\(count) \(pieces < 5000)")
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            try client.send(String(repeating: "1\r\nx\r\n", count: 50_000) + "0\r\n\r\n")
            #expect(try client.readResponse().text == "50000 true")
        }
    }

    @Test func `body and response may stream at once`() async throws {
        try await withServer { request, response in
            do {
                try await response.start(ResponseHead(status: 200, contentLength: nil))
                while let piece = try await request.body.next() { try await response.write(piece) }
            } catch { return }
            await response.finish()
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
            try client.send("def")
            #expect(try client.readResponse().text == "abcdef")
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
            #expect(try client.readResponse().text == "x")
        }
    }

    @Test func `body and response may be used from any executor`() async throws {
        let elsewhere = QueueExecutor()
        try await withServer { request, response in
            await Task.detached(executorPreference: elsewhere) { await describe(request, response) }.value
        } test: { _, port in
            let client = try RawClient(port: port)
            for _ in 0..<20 {
                try client.send("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd")
                #expect(try client.readResponse().text == "PUT /x 4")
            }
        }
    }

    @Test func `collect refuses what is too long`() async throws {
        try await withServer { request, response in
            do {
                _ = try await request.body.collect(upTo: 3)
                await response.send(200, "taken")
            } catch {
                await response.send(413, "\(error)")
            }
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            #expect(try client.readResponse().text == "taken")
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd")
            #expect(try client.readResponse().text == "tooLarge")
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n")
            #expect(try client.readResponse().text == "tooLarge")
        }
    }
}

/// Runs tasks on a thread that is neither an event loop's nor one of the pool's, which the tests' clients block.
final class QueueExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "elsewhere")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// Lets tasks wait until a test opens it.
final class Gate: Sendable {
    private let isOpen = Atomic<Bool>(false)

    func open() {
        isOpen.store(true, ordering: .sequentiallyConsistent)
    }

    /// Also ends when the task is cancelled.
    func wait() async {
        while !isOpen.load(ordering: .sequentiallyConsistent) {
            guard (try? await Task.sleep(for: .milliseconds(2))) != nil else { return }
        }
    }
}
