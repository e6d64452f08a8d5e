import HTTPServerTesting
import S3Protocol
import S3Service
import Testing

/// Pages of other origins: preflight requests, and headers of answers.
@Suite struct CrossOriginTests {
    private static let allow = "access-control-allow-origin"

    private func rules(_ rules: String...) -> [UInt8] {
        Array("<CORSConfiguration>\(rules.map { "<CORSRule>\($0)</CORSRule>" }.joined())</CORSConfiguration>".utf8)
    }

    private func rule(_ origin: String, _ method: String, _ more: String = "") -> String {
        "<AllowedOrigin>\(origin)</AllowedOrigin><AllowedMethod>\(method)</AllowedMethod>\(more)"
    }

    private func preflight(
        _ fixture: S3Fixture, _ origin: String?, _ method: String?, headers: String? = nil,
        _ target: String = "/bucket/k"
    ) async -> MemoryResponse {
        var sent: [(name: String, value: String)] = []
        if let origin { sent.append(("origin", origin)) }
        if let method { sent.append(("access-control-request-method", method)) }
        if let headers { sent.append(("access-control-request-headers", headers)) }
        return await fixture.callAnonymously("OPTIONS", target, sent)
    }

    @Test func `a configuration is put, read and deleted`() async throws {
        let fixture = try await S3Fixture()
        let sent = rules(
            rule(
                "https://*.example", "GET",
                "<ID>one</ID><AllowedHeader>x-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>"
                    + "<MaxAgeSeconds>30</MaxAgeSeconds><AllowedMethod>PUT</AllowedMethod>"), rule("*", "HEAD"))
        #expect(try await fixture.call("PUT", "/bucket?cors", body: sent).status == 200)
        let got = try await fixture.call("GET", "/bucket?cors")
        #expect(got.elements("AllowedOrigin") == ["https://*.example", "*"])
        #expect(got.elements("AllowedMethod") == ["GET", "PUT", "HEAD"])
        #expect(got.elements("AllowedHeader") == ["x-*"] && got.elements("ExposeHeader") == ["ETag"])
        #expect(got.element("ID") == "one" && got.element("MaxAgeSeconds") == "30")
        #expect(try await fixture.call("PUT", "/bucket?cors", body: got.body).status == 200)
        #expect(try await fixture.call("GET", "/bucket?cors").body == got.body)
        #expect(try await fixture.call("DELETE", "/bucket?cors").status == 204)
        let gone = try await fixture.call("GET", "/bucket?cors")
        #expect(gone.status == 404 && gone.element("Code") == "NoSuchCORSConfiguration")
    }

    @Test func `a configuration that says what cannot be is refused`() async throws {
        let fixture = try await S3Fixture()
        let good = rule("*", "GET")
        let refused: [(document: [UInt8], code: String)] = [
            (rules(), "MalformedXML"), (Array("<Other/>".utf8), "MalformedXML"),
            (rules("<AllowedOrigin>*</AllowedOrigin>"), "MalformedXML"),
            (rules("<AllowedMethod>GET</AllowedMethod>"), "MalformedXML"),
            (rules(rule("*", "PATCH")), "InvalidRequest"),
            (rules(rule("a*b*c", "GET")), "InvalidRequest"),
            (rules(good + "<AllowedHeader>*a*</AllowedHeader>"), "InvalidRequest"),
            (rules(good + "<ExposeHeader>x-*</ExposeHeader>"), "InvalidRequest"),
            (rules(good + "<ExposeHeader>a&#13;&#10;b: c</ExposeHeader>"), "MalformedXML"),
            (rules(good + "<AllowedHeader>a b</AllowedHeader>"), "MalformedXML"),
            (rules(good + "<MaxAgeSeconds>-1</MaxAgeSeconds>"), "MalformedXML"),
            (rules(good + "<ID>\(String(repeating: "i", count: 256))</ID>"), "MalformedXML"),
            (
                Array(
                    "<CORSConfiguration>\(String(repeating: "<CORSRule>\(good)</CORSRule>", count: 101))</CORSConfiguration>"
                        .utf8), "MalformedXML"
            ),
        ]
        for (document, code) in refused {
            let answer = try await fixture.call("PUT", "/bucket?cors", body: document)
            #expect(
                answer.status == 400 && answer.element("Code") == code, "\(String(decoding: document, as: UTF8.self))")
        }
        #expect(try await fixture.call("GET", "/bucket?cors").status == 404)
    }

    @Test(arguments: [
        ("foo.suffix", "GET", "foo.suffix"), ("startend", "GET", "startend"), ("start1end", "GET", "start1end"),
        ("0start1end", "GET", nil), ("prefix", "GET", "prefix"), ("a.prefix", "GET", nil), ("star", "GET", nil),
        ("foo.put", "PUT", "foo.put"), ("foo.put", "GET", nil), ("foo.suffix", "PUT", nil), ("FOO.SUFFIX", "GET", nil),
    ])
    func `a bucket's rules decide`(origin: String, method: String, allowed: String?) async throws {
        let fixture = try await S3Fixture()
        let sent = rules(
            rule("*suffix", "GET"), rule("start*end", "GET"), rule("prefix*", "GET"), rule("*.put", "PUT"))
        #expect(try await fixture.call("PUT", "/bucket?cors", body: sent).status == 200)
        let answer = await preflight(fixture, origin, method)
        #expect(answer.status == (allowed == nil ? 403 : 200) && answer.header(Self.allow) == allowed)
        if allowed == nil {
            #expect(answer.element("Code") == "AccessForbidden")
        } else {
            #expect(answer.header("access-control-allow-methods") == method)
            #expect(answer.header("vary")?.contains("Origin") == true)
        }
        // Refused requests have them too: here one that is not signed.
        let refused = await fixture.callAnonymously(method, "/bucket/k", [("origin", origin)])
        #expect(refused.status == 403 && refused.header(Self.allow) == allowed)
        let made = try await fixture.call(method, "/bucket/k", [("origin", origin)])
        #expect(made.header(Self.allow) == allowed)
        #expect(try await fixture.call(method, "/bucket/k").header(Self.allow) == nil)
    }

    @Test func `headers are allowed and shown as the rule says`() async throws {
        let fixture = try await S3Fixture()
        let sent = rules(
            rule(
                "*", "PUT",
                "<AllowedHeader>X-Amz-*</AllowedHeader><AllowedHeader>content-type</AllowedHeader>"
                    + "<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds>"))
        #expect(try await fixture.call("PUT", "/bucket?cors", body: sent).status == 200)
        let allowed = await preflight(fixture, "https://a", "PUT", headers: "Content-Type, x-amz-date")
        #expect(allowed.status == 200 && allowed.header(Self.allow) == "*")
        #expect(allowed.header("access-control-allow-headers") == "content-type, x-amz-date")
        #expect(allowed.header("access-control-max-age") == "60")
        #expect(allowed.header("access-control-expose-headers") == "ETag")
        #expect(allowed.header("access-control-allow-credentials") == nil)
        #expect(await preflight(fixture, "https://a", "PUT", headers: "content-type,authorization").status == 403)
        let made = try await fixture.call("PUT", "/bucket/k", [("origin", "https://a")], body: [1])
        #expect(made.status == 200 && made.header("access-control-expose-headers") == "ETag")
    }

    @Test func `a preflight request without what makes it one is refused`() async throws {
        let fixture = try await S3Fixture()
        for (origin, method) in [(nil, "GET"), ("https://a", nil), ("https://a", "BREW"), (nil, nil)] {
            let answer = await preflight(fixture, origin, method)
            #expect(answer.status == 400 && answer.element("Code") == "BadRequest")
        }
        #expect(await preflight(fixture, "https://a", "GET", headers: "a b").status == 400)
    }

    @Test(arguments: [
        ("*", "https://any", true), ("https://*.a, http://b", "https://x.a", true),
        ("https://*.a, http://b", "http://b", true), ("https://*.a, http://b", "http://c", false),
    ])
    func `without rules the server's list decides`(list: String, origin: String, isAllowed: Bool) async throws {
        let origins = try #require(AllowedOrigins(list))
        let fixture = try await S3Fixture(ServiceSettings(allowedOrigins: origins))
        for target in ["/bucket/k", "/bucket", "/absent/k", "/"] {
            let answer = await preflight(fixture, origin, "DELETE", headers: "x-a", target)
            #expect(answer.status == (isAllowed ? 200 : 403) && answer.header(Self.allow) == (isAllowed ? origin : nil))
            let made = try await fixture.call("GET", target, [("origin", origin)])
            #expect(made.header(Self.allow) == (isAllowed ? origin : nil))
        }
        #expect(try await fixture.call("PUT", "/bucket?cors", body: rules(rule("http://own", "GET"))).status == 200)
        #expect(await preflight(fixture, origin, "GET").status == 403)
        #expect(await preflight(fixture, "http://own", "GET").status == 200)
    }

    @Test func `a list of origins that cannot be is none`() {
        for list in ["", " , ", "a,*b*"] {
            #expect(AllowedOrigins(list) == nil)
        }
    }
}
