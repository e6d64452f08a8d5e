import HTTPServer
import Synchronization
import Testing

/// Requests that another server might read otherwise than this one.
@Suite struct RefusalTests {
    struct Refused: CustomTestStringConvertible, Sendable {
        let request: [UInt8]
        let status: Int
        var testDescription: String { String(decoding: request.prefix(80), as: UTF8.self).debugDescription }

        init(_ request: String, _ status: Int = 400) {
            self.init(Array(request.utf8), status)
        }

        init(_ request: [UInt8], _ status: Int = 400) {
            self.request = request
            self.status = status
        }
    }

    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n"
    private static let post = "POST / HTTP/1.1\r\nHost: a\r\n"

    static let heads: [Refused] = [
        Refused(post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Refused(post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
        Refused(post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        Refused(post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
        Refused(post + "Content-Length: 5, 5\r\n\r\nhello"),
        Refused(post + "Content-Length: -1\r\n\r\n"),
        Refused(post + "Content-Length: +5\r\n\r\nhello"),
        Refused(post + "Content-Length: 0x5\r\n\r\nhello"),
        Refused(post + "Content-Length: 5 5\r\n\r\nhello"),
        Refused(post + "Content-Length:\r\n\r\n"),
        Refused(post + "Content-Length: 99999999999999999999\r\n\r\n"),
        Refused(post + "Content-Length: 18446744073709551616\r\n\r\n"),
        Refused(post + "Transfer-Encoding: gzip\r\n\r\n"),
        Refused(post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        Refused(post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
        Refused(post + "Transfer-Encoding: identity\r\n\r\n"),
        Refused(post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Refused(post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
        Refused(post + "Transfer-Encoding:\u{b}chunked\r\n\r\n0\r\n\r\n"),
        Refused(post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
        Refused(post + "Transfer-Encoding\r\n : chunked\r\n\r\n0\r\n\r\n"),
        Refused("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Refused(get + "X: a\nY: b\r\n\r\n"),
        Refused(get + "X: a\rY: b\r\n\r\n"),
        Refused(get + "X: a\r\r\n\r\n"),
        Refused("GET / HTTP/1.1\nHost: a\n\n"),
        Refused("GET / HTTP/1.1\r\nHost: a\r\n\n"),
        Refused(get + "X: a\r\n folded\r\n\r\n"),
        Refused(get + "X: a\r\n\tfolded\r\n\r\n"),
        Refused("GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        Refused("GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
        Refused(get + "X Y: a\r\n\r\n"),
        Refused(get + ": a\r\n\r\n"),
        Refused(get + "nothing\r\n\r\n"),
        Refused(get + "X: a\u{0}b\r\n\r\n"),
        Refused(get + "X: a\u{1}b\r\n\r\n"),
        Refused(get + "X: a\u{7f}b\r\n\r\n"),
        Refused(get + "X\u{0}: a\r\n\r\n"),
        Refused(get + "Gr\u{fc}n: a\r\n\r\n"),
        // Controls where a known name has a hyphen or a digit, which differ from them in one bit.
        Refused(get + "content\rlength: 1\r\n\r\n"),
        Refused(get + "x-amz-checksum-sha\u{11}: a\r\n\r\n"),
        Refused(get + "x\ramz-checksum-sha\u{12}\u{15}\u{16}: a\r\n\r\n"),
        Refused("GET /a\u{0}b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refused("GET /a\u{1}b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refused("GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refused("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refused(Array("GET /".utf8) + [0xff] + Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8)),
        Refused("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refused("GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refused(" GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refused("GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refused("GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refused("GET HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refused("GET /\r\n\r\n"),
        Refused("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refused("GET http://a:1/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refused("GET http://u@a/ HTTP/1.1\r\nHost: u@a\r\n\r\n"),
        Refused("GET http:/// HTTP/1.1\r\nHost: \r\n\r\n"),
        Refused("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refused("GET / HTTP/1.1\r\n\r\n"),
        Refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        Refused("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        Refused("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        Refused("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
        Refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        Refused([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
        Refused("\u{0}\u{0}\u{0}"),
        Refused("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
        Refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        Refused("GET / http/1.1\r\nHost: a\r\n\r\n"),
        Refused("GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
        Refused("GET / XTTP/1.1\r\nHost: a\r\n\r\n"),
        Refused("get / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        Refused("FROB / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        Refused("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    ]

    @Test(arguments: heads) func `a questionable head is refused and nothing after it is read`(refused: Refused)
        async throws
    {
        let served = Counter()
        try await withServer { _, response in
            served.increment()
            await response.send(200, "")
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send(refused.request)
            // A second request in its shadow must not be served.
            try? client.send("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try client.readResponse()
            #expect(response.status == refused.status)
            #expect(response.headers["connection"] == "close")
            #expect(try client.isClosed())
            #expect(served.value == 0)
        }
    }

    static let bodies = [
        "5\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n", " 5\r\nhello\r\n0\r\n\r\n", "g\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n", ";x\r\nhello\r\n0\r\n\r\n", "5;x\u{1}\r\nhello\r\n0\r\n\r\n",
        "ffffffffffffffffff\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\nTrailer : x\r\n\r\n",
        "5\r\nhello\r\n0\r\nTrailer: x\n\r\n", "5\r\nhello\r\n0\r\n folded\r\n\r\n",
        "5; x=y\r\nhello\r\n0\r\n\r\n", "5;x/y\r\nhello\r\n0\r\n\r\n", "5;x=\"y\r\nhello\r\n0\r\n\r\n",
        "5;=y\r\nhello\r\n0\r\n\r\n", "5;x=\r\nhello\r\n0\r\n\r\n",
        "5;" + String(repeating: "x", count: 1000) + "\r\nhello\r\n0\r\n\r\n",
    ]

    @Test(arguments: bodies) func `broken chunks fail the body and close the connection`(chunks: String) async throws {
        try await withServer { _, port in
            let client = try RawClient(port: port)
            try client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
            try? client.send("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try client.readResponse()
            #expect(response.status == 400)
            #expect(response.text == "malformed")
            #expect(response.headers["connection"] == "close")
            #expect(try client.isClosed())
        }
    }

    @Test(arguments: [
        "GET http://A:80/x?y HTTP/1.1\r\nHost: a:80\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [::1]:9000\r\n\r\n", "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n0;ext=\"v\"\r\nA: b\r\n\r\n",
        "DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "PATCH / HTTP/1.1\r\nhost: a\r\n\r\n",
    ])
    func `what is odd and unambiguous is served`(request: String) async throws {
        try await withServer { _, port in
            let client = try RawClient(port: port)
            for _ in 0..<2 {
                try client.send(request)
                #expect(try client.readResponse().status == 200)
            }
        }
    }

    @Test func `the answers' form comes from the configuration`() async throws {
        try await withServer(describe) {
            $0.errorBody = { (418, [(name: "X-Fault", value: "\($0)")], Array("<Error/>".utf8)) }
        } test: { _, port in
            let client = try RawClient(port: port)
            try client.send("GET / HTTP/1.1\r\n\r\n")
            let response = try client.readResponse()
            #expect(response.status == 418)
            #expect(response.headers["x-fault"] == "missingHost")
            #expect(response.text == "<Error/>")
        }
    }
}

/// Counts from any thread.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .sequentiallyConsistent) }

    func increment(by amount: Int = 1) {
        count.add(amount, ordering: .sequentiallyConsistent)
    }
}
