import HTTPServer
import NIOCore
import Synchronization
import TestSupport
import Testing

/// Where certificates come from, how they change, and what failed handshakes leave in the log.
@Suite struct CertificateSourceTests {
    @Test func `an encrypted key is opened by its owner`() async throws {
        let workshop = try CertificateWorkshop()
        let good = try workshop.source()
        let plain = try workshop.read("server.key")
        let written = try shellOutput(
            "cd \(workshop.directory.path) && openssl pkey -aes256 -passout pass:secret -in server.key -out locked.key 2>&1"
        )
        #expect(written == "")
        struct Locked: Error {}
        let source = { (opening: (@Sendable ([UInt8]) throws -> [UInt8])?) in
            TLSConfigurationSource(
                .files(
                    certificate: workshop.path("server.crt"), key: workshop.path("locked.key"), opening: opening))
        }
        for tls in [good, source { $0.isEmpty ? $0 : plain }] {
            try await withServer(describe, { $0.tls = tls }) { _, port in
                try #expect(workshop.curl(port) == "GET / 0")
            }
        }
        for (bad, reason) in [(source(nil), "the key is encrypted"), (source { _ in throw Locked() }, "Locked()")] {
            do {
                try await withServer(describe, { $0.tls = bad }) { _, _ in }
                Issue.record("served without its key")
            } catch HTTPServerError.tls(let text) {
                #expect(text.hasSuffix("locked.key: \(reason)"))
            }
        }
    }

    @Test func `a source replaces another and open connections go on`() async throws {
        let workshop = try CertificateWorkshop()
        let first = try workshop.source()
        try workshop.make("second")
        try workshop.make("client")
        try await withServer(identify, { $0.tls = first }) { server, port in
            let connection = try OpenTLSConnection(port, in: workshop)
            try await connection.exchange()
            let pem = (try workshop.read("second.crt"), try workshop.read("second.key"))
            try server.replaceTLS(
                TLSConfigurationSource(.memory(certificate: pem.0, key: pem.1), clientCertificate: .required))
            try #expect(subject(port).contains("second"))
            try #expect(workshop.curl(port).contains("certificate required"))
            try #expect(workshop.curl(port, client: "client") == workshop.der("client"))
            #expect(throws: HTTPServerError.self) {
                try server.replaceTLS(TLSConfigurationSource(.memory(certificate: pem.0, key: Array("none".utf8))))
            }
            try #expect(subject(port).contains("second"))
            try await connection.exchange()
            connection.end()
        }
    }

    @Test func `changed files are served, and told of, unless they are refused`() async throws {
        let workshop = try CertificateWorkshop()
        try workshop.make("server", days: 2)
        var source = try workshop.source()
        let seen = Mutex<[TLSConfigurationSource.ServedCertificate]>([])
        source.pollInterval = .milliseconds(20)
        source.refusal = { $0.chain.count > 1 ? "too many" : nil }
        source.onCertificateChange = { certificate in seen.withLock { $0.append(certificate) } }
        let polled = source
        let record = LogRecord()
        try await withServer(describe, { $0.tls = polled }, logger: record.logger) { _, port in
            try #expect(seen.withLock { $0.map { hex($0.chain.joined()) } } == [workshop.der("server")])
            let move = "cd \(workshop.directory.path) && mv new.key server.key && mv new.crt server.crt"
            try workshop.make("new", days: 9)
            let expected = try workshop.der("new")
            _ = try shellOutput(move)
            try await eventually { try subject(port).contains("new") }
            try await eventually { seen.withLock { $0.count } == 2 }
            let times = seen.withLock { $0.map(\.notAfter) }
            #expect(times[1] - times[0] > 6 * 86400)
            #expect(seen.withLock { hex($0[1].chain.joined()) } == expected)

            try workshop.make("new", days: 3)
            _ = try shellOutput("cd \(workshop.directory.path) && cat server.crt >> new.crt")
            _ = try shellOutput(move)
            try await eventually { record.lines.contains { $0.contains("the old ones stay") } }
            try #expect(shellOutput(serverChain(port)) == expected)
            #expect(seen.withLock { $0.count } == 2)
        }
    }

    @Test func `changed authorities are noticed`() async throws {
        let workshop = try CertificateWorkshop()
        for name in ["old", "new"] {
            try workshop.makeAuthority(name)
            try workshop.make("of-\(name)", by: .authority(name), extensions: ["extendedKeyUsage=clientAuth"])
        }
        _ = try shellOutput("cd \(workshop.directory.path) && cp old.crt ca.crt")
        var source = try workshop.source(.verified(ca: [workshop.path("ca.crt")], isRequired: true))
        source.pollInterval = .milliseconds(20)
        let polled = source
        try await withServer(identify, { $0.tls = polled }) { _, port in
            try #expect(workshop.curl(port, client: "of-old") == workshop.der("of-old"))
            try #expect(workshop.curl(port, client: "of-new").contains("certificate unknown"))
            _ = try shellOutput("cd \(workshop.directory.path) && cp new.crt other && mv other ca.crt")
            try await eventually { try workshop.curl(port, client: "of-new") == workshop.der("of-new") }
            try #expect(workshop.curl(port, client: "of-old").contains("certificate unknown"))
        }
    }

    @Test func `failed handshakes are logged with their peer and cause, a bounded number`() async throws {
        let workshop = try CertificateWorkshop()
        let source = try workshop.source(.required)
        let record = LogRecord()
        try await withServer(describe, { $0.tls = source }, logger: record.logger) { _, port in
            _ = try workshop.curl(port)
            try await eventually { record.lines.count == 1 }
            let line = try #require(record.lines.first)
            #expect(line.hasPrefix("info http: TLS handshake error from 127.0.0.1:"))
            #expect(line.hasSuffix(": peer did not return a certificate"))

            let plain = try RawClient(port: port)
            try plain.send("DELETE /x HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try plain.receiveToEnd()
            let hello = try RawClient(port: port)
            hello.close()
            try await eventually { record.lines.count == 3 }
            #expect(record.lines.contains { $0.hasSuffix(": client sent an HTTP request to an HTTPS server") })
            #expect(record.lines.contains { $0.hasSuffix(": EOF") })

            for _ in 0..<100 { try RawClient(port: port).close() }
            try await Task.sleep(for: .milliseconds(50))
            #expect(record.lines.count < 40)
        }
        let quiet = LogRecord()
        try await withServer(
            describe,
            {
                $0.tls = source
                $0.logsHandshakeErrors = false
            }, logger: quiet.logger
        ) { _, port in
            _ = try workshop.curl(port)
            #expect(quiet.lines.isEmpty)
        }
    }

    @Test func `a handshake that takes too long is given up`() async throws {
        let workshop = try CertificateWorkshop()
        let source = try workshop.source()
        let record = LogRecord()
        try await withServer(
            describe,
            {
                $0.tls = source
                $0.limits.headTimeout = .milliseconds(50)
            }, logger: record.logger
        ) { _, port in
            let silent = try RawClient(port: port)
            try #expect(silent.isClosed())
            try await eventually { record.lines.contains { $0.hasSuffix(": i/o timeout") } }
        }
    }

    @Test func `plain HTTP on a TLS port gets a plain answer`() async throws {
        let workshop = try CertificateWorkshop()
        let source = try workshop.source(.required)
        try await withServer(describe, { $0.tls = source }) { _, port in
            for request in ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
                let client = try RawClient(port: port)
                try client.send(request)
                let answer = try client.receiveToEnd()
                #expect(
                    answer == "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")
            }
            // A client that has not finished sending gets it too.
            let eager = try RawClient(port: port)
            try eager.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n")
            for _ in 0..<100 { try eager.send([UInt8](repeating: 65, count: 40_000)) }
            try #expect(eager.receiveToEnd().hasPrefix("HTTP/1.0 400 Bad Request"))
        }
    }

    // MARK: Shutdown

    @Test func `shutdown does not wait for idle TLS clients`() async throws {
        let workshop = try CertificateWorkshop()
        let source = try workshop.source()
        try await withServer(describe, { $0.tls = source }) { server, port in
            let connections = try (0..<3).map { _ in try OpenTLSConnection(port, in: workshop) }
            for connection in connections { try await connection.exchange() }
            let handshaking = try RawClient(port: port)
            try handshaking.send([22, 3, 1])
            let duration = await ContinuousClock().measure { await server.shutdown(grace: .seconds(20)) }
            // The TLS library's own patience would be 5 s.
            #expect(duration < .seconds(4))
            try #expect(handshaking.isClosed())
            for connection in connections {
                // Announced, not cut off: s_client says so of the other.
                try await eventually { try connection.output().contains("closed") }
            }
        }
    }

    // MARK: openssl

    private func subject(_ port: Int) throws -> String {
        try shellOutput(
            "openssl s_client -connect 127.0.0.1:\(port) </dev/null 2>/dev/null | openssl x509 -noout -subject 2>&1")
    }

    private func serverChain(_ port: Int) -> String {
        "openssl s_client -connect 127.0.0.1:\(port) -showcerts </dev/null 2>/dev/null"
            + " | openssl x509 -outform DER | od -An -v -tx1 | tr -d ' \\n'"
    }
}

/// A TLS connection held by `openssl s_client`, which sends a request for every call of `exchange`.
final class OpenTLSConnection {
    private static let count = Mutex(0)

    private let workshop: CertificateWorkshop
    private let name: String
    private var sent = 0

    init(_ port: Int, in workshop: CertificateWorkshop, options: String = "") throws {
        self.workshop = workshop
        let number = Self.count.withLock { count in
            count += 1
            return count
        }
        name = "connection-\(number)"
        _ = try shellOutput(
            "cd \(workshop.directory.path) && mkfifo \(name) && (exec 3<>\(name); openssl s_client"
                + " -connect 127.0.0.1:\(port) -ign_eof \(options) <&3 >\(name).out 2>&1) >/dev/null 2>&1 &")
    }

    /// Sends a request and waits for the end of its answer.
    func exchange() async throws {
        sent += 1
        _ = try shellOutput(
            "printf 'GET /\(sent) HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' >> \(workshop.path(name)) && sleep 0.01")
        try await eventually { try self.output().components(of: "HTTP/1.1 200 OK") == self.sent }
    }

    func output() throws -> String {
        try shellOutput("cat \(workshop.path(name)).out 2>/dev/null")
    }

    func end() {
        _ = try? shellOutput("printf Q >> \(workshop.path(name))")
    }
}

extension String {
    fileprivate func components(of part: String) -> Int {
        ranges(of: part).count
    }
}
