import Certificates
import HTTPServer
import NIOCore
import TestSupport
import Testing

/// Certificates made, and connections opened, by the `openssl` command.
@Suite struct TLSTests {
    @Test(arguments: [
        "rsa -traditional", "rsa", "ec -traditional", "ec", "ed25519",
    ])
    func `keys of all kinds serve`(kind: String) async throws {
        let directory = try TemporaryDirectory()
        try makeCertificate(in: directory.path, name: "one.test", kind: kind)
        try await withTLSServer(directory.path) { _, port in
            let answer = try fetch(port)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK"))
            #expect(answer.hasSuffix("GET / 0"))
        }
    }

    @Test func `versions below 1·2 are refused and http 1·1 is negotiated`() async throws {
        let directory = try TemporaryDirectory()
        try makeCertificate(in: directory.path, name: "one.test")
        try await withTLSServer(directory.path) { _, port in
            let connect = "openssl s_client -connect 127.0.0.1:\(port) </dev/null 2>&1"
            let negotiated = try shell(connect + " -alpn h2,http/1.1")
            #expect(negotiated.contains("ALPN protocol: http/1.1"))
            #expect(try shell(connect + " -tls1_2").contains("Protocol  : TLSv1.2"))
            #expect(try !shell(connect + " -tls1_1 -cipher DEFAULT@SECLEVEL=0").contains("BEGIN CERTIFICATE"))
        }
    }

    @Test(arguments: ["AES128-GCM-SHA256", "AES256-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-GCM-SHA384"])
    func `of version 1·2 only suites with forward secrecy and authenticated encryption are taken`(
        suite: String
    ) async throws {
        let directory = try TemporaryDirectory()
        try makeCertificate(in: directory.path, name: "one.test", kind: "rsa")
        try await withTLSServer(directory.path) { _, port in
            let answer = try shell(
                "openssl s_client -connect 127.0.0.1:\(port) -tls1_2 -cipher '\(suite):@SECLEVEL=0' </dev/null 2>&1")
            #expect(answer.contains("Cipher is \(suite)") == suite.contains("ECDHE-RSA-AES256-GCM"))
        }
    }

    @Test(arguments: [
        "pkey -aes256", "rsa -aes256 -traditional", "ec -aes256",
    ])
    func `encrypted keys serve, those of further names too`(encryption: String) async throws {
        let directory = try TemporaryDirectory()
        let kind = encryption.hasPrefix("rsa") ? "rsa" : "ec"
        for (place, name) in [(directory.path, "one.test"), (directory.path + "/two.test", "two.test")] {
            try makeCertificate(in: place, name: name, kind: kind)
            _ = try shell(
                "cd \(place) && openssl \(encryption) -passout pass:of-the-key -in private.key -out new 2>/dev/null"
                    + " && mv new private.key && grep -q ENCRYPTED private.key")
        }
        await #expect(throws: HTTPServerError.self) { try await withTLSServer(directory.path) { _, _ in } }
        try await withServer(describe) {
            $0.tls = TLSConfigurationSource(directory: directory.path) { text in
                try PrivateKey.readPEM(text, password: Array("of-the-key".utf8)).pem(password: nil)
            }
        } test: { _, port in
            let answer = try fetch(port)
            #expect(answer.hasSuffix("GET / 0"))
            #expect(try subject(port, name: "two.test").contains("two.test"))
        }
    }

    @Test func `a name with a directory of its own gets its certificate`() async throws {
        let directory = try TemporaryDirectory()
        try makeCertificate(in: directory.path, name: "one.test")
        try makeCertificate(in: directory.path + "/two.test", name: "two.test")
        try await withTLSServer(directory.path) { _, port in
            let main = try subject(port, name: "one.test")
            #expect(main.contains("one.test"))
            #expect(try subject(port, name: "Two.test").contains("two.test"))
            #expect(try subject(port, name: "other.test").contains("one.test"))
        }
    }

    @Test func `a new certificate serves new connections, a bad one changes nothing`() async throws {
        let directory = try TemporaryDirectory()
        try makeCertificate(in: directory.path, name: "old.test")
        try await withTLSServer(directory.path) { server, port in
            #expect(try subject(port).contains("old.test"))
            try makeCertificate(in: directory.path, name: "new.test")
            #expect(try subject(port).contains("old.test"))
            #expect(try server.reloadTLS())
            #expect(try subject(port).contains("new.test"))

            _ = try shell("echo nonsense > \(directory.path)/public.crt")
            #expect(throws: HTTPServerError.self) { try server.reloadTLS() }
            #expect(try subject(port).contains("new.test"))

            let other = try TemporaryDirectory()
            try makeCertificate(in: other.path, name: "other.test")
            _ = try shell("cp \(other.path)/private.key \(directory.path)/private.key")
            #expect(throws: HTTPServerError.self) { try server.reloadTLS() }
            #expect(try subject(port).contains("new.test"))
        }
    }

    @Test func `changed files are noticed, and open connections stay`() async throws {
        let directory = try TemporaryDirectory()
        try makeCertificate(in: directory.path, name: "old.test")
        try await withTLSServer(directory.path, poll: .milliseconds(20)) { _, port in
            // Sends a request, waits for the reload, sends another on the same connection.
            let go = directory.path + "/go"
            let requests =
                "printf 'GET /1 HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'; while [ ! -e \(go) ]; do sleep 0.05; done; "
                + "printf 'GET /2 HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n'; sleep 1"
            let answers = directory.path + "/answers"
            _ = try shell(
                "(\(requests)) | openssl s_client -connect 127.0.0.1:\(port) -quiet -ign_eof > \(answers) 2>/dev/null &"
            )
            try await eventually { try subject(port).contains("old.test") }
            try makeCertificate(in: directory.path, name: "new.test")
            try await eventually { try subject(port).contains("new.test") }
            _ = try shell("touch \(go)")
            try await eventually {
                let text = try shell("cat \(answers)")
                return text.contains("GET /1 0") && text.contains("GET /2 0")
            }
        }
    }

    @Test func `a client certificate is asked for and handed on`() async throws {
        let (directory, mine) = (try TemporaryDirectory(), try TemporaryDirectory())
        try makeCertificate(in: directory.path, name: "one.test")
        try makeCertificate(in: mine.path, name: "me")
        let der = try shell("openssl x509 -in \(mine.path)/public.crt -outform DER | od -An -v -tx1 | tr -d ' \\n'")
        try await withServer { request, response in
            await response.send(200, request.connection.peerCertificates.first.map { hex($0) } ?? "none")
        } _: {
            $0.tls = TLSConfigurationSource(directory: directory.path, clientCertificate: .requested)
        } test: { _, port in
            let identified = try fetch(port, "-cert \(mine.path)/public.crt -key \(mine.path)/private.key")
            #expect(identified.hasSuffix(der))
            #expect(try fetch(port).hasSuffix("none"))
        }
    }

    @Test func `a large body passes both ways`() async throws {
        let directory = try TemporaryDirectory()
        try makeCertificate(in: directory.path, name: "one.test")
        try await withServer { request, response in
            do {
                try await response.start(ResponseHead(status: 200, contentLength: request.body.declaredLength))
                while let piece = try await request.body.next() { try await response.write(piece) }
            } catch { return }
            await response.finish()
        } _: {
            $0.tls = TLSConfigurationSource(directory: directory.path)
        } test: { _, port in
            let size = 8 * 1024 * 1024
            _ = try shell("head -c \(size) /dev/urandom > \(directory.path)/body")
            let head = "PUT / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\nContent-Length: \(size)\\r\\n\\r\\n"
            _ = try shell(
                "(printf '\(head)'; cat \(directory.path)/body) | openssl s_client -connect 127.0.0.1:\(port)"
                    + " -quiet -ign_eof 2>/dev/null | tail -c \(size) > \(directory.path)/echo")
            #expect(try shell("cmp \(directory.path)/body \(directory.path)/echo && echo same") == "same\n")
        }
    }

    @Test func `missing certificates do not start`() async throws {
        let directory = try TemporaryDirectory()
        await #expect(throws: HTTPServerError.self) {
            try await withTLSServer(directory.path) { _, _ in }
        }
    }

    // MARK: openssl

    private func withTLSServer(
        _ directory: String, poll: Duration? = nil, test: (HTTPServer, Int) async throws -> Void
    ) async throws {
        try await withServer(
            describe,
            {
                var source = TLSConfigurationSource(directory: directory)
                source.pollInterval = poll
                $0.tls = source
            }, test: test)
    }

    /// Writes `public.crt` and `private.key`; the kind may ask for the key's traditional form, PKCS#1 or SEC1.
    private func makeCertificate(in directory: String, name: String, kind: String = "ec") throws {
        let algorithm =
            switch kind.split(separator: " ")[0] {
            case "rsa": "RSA -pkeyopt rsa_keygen_bits:2048"
            case "ec": "EC -pkeyopt ec_paramgen_curve:P-256"
            default: "ED25519"
            }
        let convert =
            kind.hasSuffix("-traditional")
            ? "openssl pkey -in new.key -traditional -out old.key && mv old.key new.key" : "true"
        _ = try shell(
            "mkdir -p \(directory) && cd \(directory) && openssl genpkey -algorithm \(algorithm) -out new.key 2>/dev/null"
                + " && \(convert) && openssl req -x509 -new -key new.key -subj /CN=\(name) -days 2 -out new.crt"
                + " && mv new.crt public.crt && mv new.key private.key")
    }

    private func fetch(_ port: Int, _ options: String = "") throws -> String {
        try shell(
            "printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n' | "
                + "openssl s_client -connect 127.0.0.1:\(port) -quiet -ign_eof \(options) 2>/dev/null")
    }

    private func subject(_ port: Int, name: String = "one.test") throws -> String {
        try shell(
            "openssl s_client -connect 127.0.0.1:\(port) -servername \(name) </dev/null 2>/dev/null"
                + " | openssl x509 -noout -subject 2>/dev/null")
    }

    private func shell(_ command: String) throws -> String { try shellOutput(command) }
}
