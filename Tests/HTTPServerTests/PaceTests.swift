import HTTPServer
import Testing

/// How large the buffers of bodies are, and how much memory they count for.
@Suite struct PaceTests {
    @Test func `a short body is fast where a long one finds no room to be`() async throws {
        let (short, long) = (512 * 1024, 16 * 1024 * 1024)
        try await withServer { request, response in
            do {
                while try await request.body.next() != nil {}
            } catch { return }
            await response.send(200, "\(request.body.blockBytes)")
        } _: {
            $0.limits.bodyBytes = 16 << 20
        } test: { _, port in
            let client = try RawClient(port: port)
            func blockBytes(ofBody length: Int) throws -> Int? {
                try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n")
                try client.send([UInt8](repeating: 1, count: length))
                return Int(try client.readResponse().text)
            }
            // It has to show first that it is fast.
            var last: Int?
            for _ in 0..<64 where last != 1024 * 1024 { last = try blockBytes(ofBody: short) }
            #expect(last == 1024 * 1024)
            #expect(try blockBytes(ofBody: long) == 256 * 1024)
        }
    }
}
