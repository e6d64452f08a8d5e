import Glibc
import HTTPClient
import Synchronization
import Testing

@Suite struct LineStreamTests {
    private static let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    private func chunk(_ text: String) -> String { "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n" }

    private func text(_ line: [UInt8]?) -> String? { line.map { String(decoding: $0, as: UTF8.self) } }

    @Test func `lines come when they are sent, whatever the chunks`() async throws {
        let isRead = Atomic(false)
        let server = try RawServer { connection in
            _ = connection.request()
            connection.send("HTTP/1.1 100 Continue\r\n\r\n" + Self.head)
            connection.send(self.chunk("one\ntw"))
            // Goes on only when the first line has been read: it must not wait for the rest.
            while !isRead.load(ordering: .acquiring) { usleep(1000) }
            connection.send(self.chunk("o\n\nthr") + self.chunk("ee") + "0\r\n\r\n")
        }
        let stream = try await makeClient().open(HTTPClientRequest(.get, server.url))
        #expect(stream.status == 200)
        #expect(text(try await stream.next()) == "one")
        isRead.store(true, ordering: .releasing)
        #expect(text(try await stream.next()) == "two")
        #expect(text(try await stream.next()) == "")
        #expect(text(try await stream.next()) == "three")
        #expect(try await stream.next() == nil)
        #expect(try await stream.next() == nil)
    }

    @Test func `an answer that says no is a stream with its status`() async throws {
        let server = try RawServer { connection in
            _ = connection.request()
            connection.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!")
        }
        let stream = try await makeClient().open(HTTPClientRequest(.get, server.url))
        #expect(stream.status == 403)
        #expect(text(try await stream.next()) == "no!")
        #expect(try await stream.next() == nil)
    }

    @Test func `a line beyond the bound ends the stream`() async throws {
        let server = try RawServer { connection in
            _ = connection.request()
            connection.send(Self.head + self.chunk("short\n") + self.chunk(String(repeating: "x", count: 2000)))
            connection.waitForEnd()
        }
        var request = HTTPClientRequest(.get, server.url)
        request.maxResponseBytes = 1000
        let stream = try await makeClient().open(request)
        #expect(text(try await stream.next()) == "short")
        let error = await #expect(throws: HTTPClientError.self) {
            while try await stream.next() != nil {}
        }
        #expect(error == .responseTooLarge(limit: 1000))
    }

    @Test func `a connection that breaks is an error after the lines that came`() async throws {
        let server = try RawServer { connection in
            _ = connection.request()
            connection.send(Self.head + self.chunk("one\n"))
        }
        let stream = try await makeClient().open(HTTPClientRequest(.get, server.url))
        #expect(text(try await stream.next()) == "one")
        await #expect(throws: HTTPClientError.self) { try await stream.next() }
    }

    @Test func `cancelling the reader ends the connection`() async throws {
        let (ended, end) = AsyncStream.makeStream(of: Bool.self)
        let server = try RawServer { connection in
            _ = connection.request()
            connection.send(Self.head)
            end.yield(connection.waitForEnd())
        }
        let client = try makeClient()
        let stream = try await client.open(HTTPClientRequest(.get, server.url))
        let task = Task { try await stream.next() }
        task.cancel()
        await #expect(throws: HTTPClientError.cancelled) { try await task.value }
        #expect(await ended.first { _ in true } == true)
    }

    @Test func `a reader that is slow holds the server up, and loses nothing`() async throws {
        let sent = Atomic(0)
        let line = String(repeating: "x", count: 1000) + "\n"
        let server = try RawServer { connection in
            _ = connection.request()
            connection.send(Self.head)
            for _ in 0..<20_000 {
                connection.send(self.chunk(line))
                sent.add(1, ordering: .relaxed)
            }
            connection.send("0\r\n\r\n")
        }
        let stream = try await makeClient().open(HTTPClientRequest(.get, server.url))
        _ = try await stream.next()
        var before = -1
        while before != sent.load(ordering: .relaxed) {
            before = sent.load(ordering: .relaxed)
            try await Task.sleep(for: .milliseconds(300))
        }
        #expect(before < 20_000)
        var count = 1
        while try await stream.next() != nil { count += 1 }
        #expect(count == 20_000)
    }

    @Test func `only so many streams are open at one time`() async throws {
        let server = try RawServer { connection in
            _ = connection.request()
            connection.send(Self.head)
            connection.waitForEnd()
        }
        let client = try makeClient { $0.maxStreams = 2 }
        let streams = [
            try await client.open(HTTPClientRequest(.get, server.url)),
            try await client.open(HTTPClientRequest(.get, server.url)),
        ]
        await #expect(throws: HTTPClientError.overloaded) {
            try await client.open(HTTPClientRequest(.get, server.url))
        }
        for stream in streams { stream.cancel() }
    }

    @Test func `a server that says nothing is given up, before its head and between two lines`() async throws {
        let server = try RawServer { connection in
            if connection.request()?.contains("/head") == true {
                connection.send(Self.head + self.chunk("one\n"))
            }
            connection.waitForEnd()
        }
        let client = try makeClient()
        var request = HTTPClientRequest(.get, server.url + "/nothing")
        request.timeout = .milliseconds(100)
        request.longestSilence = .milliseconds(100)
        await #expect(throws: HTTPClientError.timedOut(.response)) { try await client.open(request) }
        request.url = server.url + "/head"
        request.timeout = .seconds(60)
        let stream = try await client.open(request)
        #expect(text(try await stream.next()) == "one")
        await #expect(throws: HTTPClientError.timedOut(.response)) { try await stream.next() }
    }
}
