import Certificates
import Cryptography
import Glibc
import HTTPServer
import KESProtocol
import KESService
import Synchronization
import TestSupport
import Testing

/// Who may do what, over real connections with client certificates.
@Suite struct AccessTests {
    @Test func `what is denied is looked at before what is allowed, and both before the key`() async throws {
        let made = Mutex<Client?>(nil)
        try await withService { settings, directory in
            let app = try directory.client("app")
            made.withLock { $0 = app }
            settings.policies = [
                try .init(
                    "app", allow: ["/v1/key/*", "/v1/status"],
                    deny: ["/v1/key/create/secret*", "/v1/key/*/inner*", ""], [app.identity])
            ]
        } test: { server in
            let app = try #require(made.withLock { $0 })
            #expect(try server.call("PUT", "/v1/key/create/plain", as: app).status == 200)
            #expect(try server.call("GET", "/v1/key/describe/none", as: app).status == 404)
            #expect(try server.call("PUT", "/v1/key/create/secret", as: app).status == 403)
            // Encoding does not get past a rule, and a star elsewhere than at the end is a character.
            #expect(try server.call("PUT", "/v1/key/create/%73ecret-1", as: app).status == 403)
            #expect(try server.call("PUT", "/v1/key/create/inner", as: app).status == 200)
            #expect(try server.call("GET", "/v1/status", as: app).status == 200)
            #expect(try server.call("GET", "/v1/metrics", as: app).status == 403)
            #expect(try server.call("PUT", "/v1/key/create/secret", as: server.admin).status == 200)
        }
    }

    @Test func `an encoded slash is part of a name, never a border`() async throws {
        let made = Mutex<Client?>(nil)
        try await withService { settings, directory in
            let app = try directory.client("app")
            made.withLock { $0 = app }
            settings.policies = [try .init("app", allow: ["/v1/key/create/app*"], [app.identity])]
        } test: { server in
            let app = try #require(made.withLock { $0 })
            #expect(try server.call("PUT", "/v1/key/create/app%2F..%2Fother", as: app).status == 400)
            #expect(try server.call("PUT", "/v1%2Fkey/create/app", as: app).status == 404)
            #expect(try server.call("PUT", "/v1/key/create/app/../other", as: app).status == 307)
            #expect(try server.call("PUT", "/v1/%6bey/create/app", as: app).status == 200)
            #expect(try server.call("PUT", "/v1/key/create/%zz", as: app).status == 400)
            #expect(try server.call("GET", "/v1/key/list", as: app).status == 403)
        }
    }

    @Test func `a denial is logged with identity and policy, and leads from the answer's id`() async throws {
        let made = Mutex<(Client, Client)?>(nil)
        try await withService { settings, directory in
            let (app, stranger) = (try directory.client("app"), try directory.client("stranger"))
            made.withLock { $0 = (app, stranger) }
            settings.policies = [try .init("my-app", allow: ["/v1/ready"], [app.identity])]
        } test: { server in
            let (app, stranger) = try #require(made.withLock { $0 })
            let answer = try server.call("GET", "/v1/status", as: app)
            #expect(answer.body == "{\"message\":\"not authorized: insufficient permissions\"\n}")
            let id = try #require(answer.headers["x-kes-request-id"])
            #expect(id.count == 16)
            _ = try server.call("GET", "/v1/key/describe/x", as: stranger)
            let lines = server.errors.lines
            #expect(lines.count == 2)
            #expect(
                lines[0].hasSuffix(
                    "level=INFO msg=\"access denied: rejected by policy 'my-app'\" refused-by=policy "
                        + "missing=\"a rule in 'allow' for the path\" req.method=GET req.path=/v1/status "
                        + "req.ip=127.0.0.1 req.identity=\(app.identity) req.id=\(id)"))
            #expect(lines[1].contains("msg=\"access denied: identity not found\" refused-by=server missing="))
            #expect(lines[1].contains("req.identity=\(stranger.identity) "))
        }
    }

    @Test func `one certificate that is no authority's says who asks`() async throws {
        let skip: KESConfiguration.API = .init(skipsAuthentication: true)
        try await withService(.requested, adjust: { settings, _ in settings.apis = [.ready: skip] }) { server in
            let none = try server.call("GET", "/v1/status")
            #expect(none.status == 400)
            #expect(none.body.contains("tls: client certificate is required"))
            #expect(try server.call("GET", "/v1/ready").status == 200)
            #expect(try server.call("GET", "/version").status == 200)
            #expect(try server.call("GET", "/v1/identity/self/describe").status == 404)

            let other = try Client("other", in: server.directory.path)
            let two = try Client("two", in: server.directory.path, also: [other.certificate])
            let several = try server.call("GET", "/v1/status", as: two)
            #expect(several.status == 400)
            #expect(several.body.contains("tls: received more than one client certificate"))

            // An authority's certificate beside it does not count, and alone it is none.
            let path = server.directory.path
            _ = try shellOutput(
                "cd \(path) && openssl req -x509 -newkey ed25519 -nodes -keyout ca.key -out ca.crt -subj /CN=ca "
                    + "-addext basicConstraints=critical,CA:TRUE 2>&1 && cat ca.crt ca.key > ca.pem "
                    + "&& cat admin.pem ca.crt > both.pem")
            let both = try shellOutput(
                "curl -sk --cert \(path)/both.pem https://127.0.0.1:\(server.port)/v1/identity/self/describe")
            #expect(both.contains("\"admin\":true"))
            let authority = try shellOutput(
                "curl -sk --cert \(path)/ca.pem https://127.0.0.1:\(server.port)/v1/status")
            #expect(authority.contains("tls: client certificate is required"))
        }
    }

    @Test func `wrong methods are told before permission is looked at`() async throws {
        try await withService { server in
            let stranger = try Client("stranger", in: server.directory.path)
            let put = try server.call("GET", "/v1/key/create/x", as: stranger)
            #expect(put.status == 405)
            #expect(put.headers["accept"] == "PUT")
            #expect(put.headers["allow"] == "PUT, POST")
            #expect(put.body == "{\"message\":\"received method 'GET' expected 'PUT'\"\n}")
            #expect(try server.call("DELETE", "/v1/status", as: stranger).headers["accept"] == "GET")
        }
    }

    @Test func `everybody may ask who they are`() async throws {
        let made = Mutex<Client?>(nil)
        try await withService { settings, directory in
            let app = try directory.client("app")
            made.withLock { $0 = app }
            settings.policies = [try .init("my-app", allow: ["/b", "/a*"], deny: ["/c"], [app.identity])]
        } test: { server in
            let app = try #require(made.withLock { $0 })
            let answer = try server.call("GET", "/v1/identity/self/describe", as: app)
            #expect(answer.status == 200)
            #expect(answer.body.hasPrefix("{\"identity\":\"\(app.identity)\",\"created_at\":\""))
            #expect(
                answer.body.hasSuffix(
                    "\"created_by\":\"\(server.admin.identity)\",\"policy\":\"my-app\",\"allow\":{\"/a*\":{},\"/b\":{}},"
                        + "\"deny\":{\"/c\":{}}}\n"))
        }
    }
}

/// Proxies that end TLS for clients.
@Suite struct TLSProxyTests {
    private struct Parties {
        let proxy: Client
        let app: Client
    }

    private func withProxy(
        trust: ((Client) -> TrustStore)? = nil, test: (ServiceFixture, Client, Client) async throws -> Void
    ) async throws {
        let parties = Mutex<Parties?>(nil)
        try await withService { settings, directory in
            let (proxy, app) = (try directory.client("proxy"), try directory.client("app"))
            parties.withLock { $0 = Parties(proxy: proxy, app: app) }
            settings.policies = [try .init("app", allow: ["/v1/*"], [app.identity])]
            settings.proxy = TLSProxy(
                identities: [proxy.identity], header: "X-Tls-Client-Cert", trust: trust.map { $0(app) })
        } test: { server in
            let parties = try #require(parties.withLock { $0 })
            try await test(server, parties.proxy, parties.app)
        }
    }

    private func header(_ value: String) -> String { "-H 'X-Tls-Client-Cert: \(value)'" }

    private func escaped(_ text: String) -> String {
        text.replacing("\n", with: "%0A").replacing("+", with: "%2B").replacing(" ", with: "%20")
    }

    @Test func `a proxy speaks for the client whose certificate it passes on`() async throws {
        try await withProxy { server, proxy, app in
            let selfPath = "/v1/identity/self/describe"
            let pem = try server.call("GET", selfPath, as: proxy, header(escaped(app.certificate.pem)))
            #expect(pem.body.contains("\"identity\":\"\(app.identity)\""))
            let der = try server.call("GET", selfPath, as: proxy, header(Base64.encode(app.certificate.der)))
            #expect(der.body.contains("\"identity\":\"\(app.identity)\""))

            let one = header(Base64.encode(app.certificate.der))
            for (arguments, message) in [
                ("", "no client certificate is present"),
                (one + " " + one, "too many client certificates are present"),
                (header("nonsense"), "invalid client certificate"),
                (header("%zz"), "invalid client certificate"),
            ] {
                let answer = try server.call("GET", "/v1/status", as: proxy, arguments)
                #expect(answer.status == 400)
                #expect(answer.body.contains(message))
            }
        }
    }

    @Test func `the header of anybody else means nothing`() async throws {
        try await withProxy { server, _, app in
            let stranger = try Client("stranger", in: server.directory.path)
            let header = header(Base64.encode(app.certificate.der))
            #expect(try server.call("GET", "/v1/status", as: stranger, header).status == 403)
        }
    }

    @Test func `the client's address is what the proxy says`() async throws {
        try await withProxy { server, proxy, app in
            let certificate = header(Base64.encode(app.certificate.der))
            for (value, ip) in [
                ("192.0.2.7, 10.0.0.1", "192.0.2.7"), ("192.0.2.7:4711", "192.0.2.7"),
                ("2001:db8::1", "2001:db8::1"), ("[2001:db8::1]:443", "2001:db8::1"), ("unknown", "127.0.0.1"),
            ] {
                _ = try server.call(
                    "PUT", "/v1/key/create/k", as: proxy, certificate + " -H 'X-Forwarded-For: \(value)'")
                _ = try server.call("DELETE", "/v1/key/delete/k", as: proxy, certificate)
                let lines = server.audit.lines
                #expect(lines[lines.count - 2].contains("req.ip=\(ip) "))
            }
        }
    }

    @Test func `where certificates are verified, those of clients of proxies are`() async throws {
        try await withProxy(trust: { TrustStore(certificates: [$0.certificate], includesSystemRoots: false) }) {
            server, proxy, app in
            let stranger = try Client("stranger", in: server.directory.path)
            #expect(
                try server.call("GET", "/v1/status", as: proxy, header(Base64.encode(app.certificate.der))).status
                    == 200)
            #expect(
                try server.call("GET", "/v1/status", as: proxy, header(Base64.encode(stranger.certificate.der)))
                    .status == 403)
        }
    }
}
