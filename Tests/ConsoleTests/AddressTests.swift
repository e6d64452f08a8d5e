import Console
import HTTPServerTesting
import Testing

struct AddressTests {
    @Test(
        "an address leads to the page, to a part of it, to a call, or into the page",
        arguments: [
            ("/", 503), ("/index.html", 503), ("/assets/index.html", 404), ("/assets/", 404), ("/assets/x/app.js", 404),
            ("/nothing", 404), ("/api/session", 200), ("/api/none", 401), ("/api", 401), ("//", 404), ("/api/..", 401),
        ])
    func leads(_ path: String, _ status: Int) async throws {
        let fixture = try await ConsoleFixture()
        let answer = await fixture.send("GET", path)
        // The page is there in the program, and in no test that does not name its files.
        #expect(answer.status == status || (status == 503 && answer.status == 200))
    }

    @Test(
        "behind a prefix, removed or not",
        arguments: [
            ("/tools/console/api/session", 200, nil), ("/api/session", 200, nil),
            ("/tools/console", 302, "./console/"), ("/tools/console/login", 302, "./#/login"),
            ("/tools/console/buckets/b/admin/summary", 302, "../../../#/buckets/b"),
            ("/elsewhere/console/api/session", 404, nil),
        ] as [(String, Int, String?)])
    func isPrefixed(_ path: String, _ status: Int, _ location: String?) async throws {
        var settings = ConsoleSettings()
        settings.publicPath = "/tools/console/"
        let fixture = try await ConsoleFixture(settings)
        let answer = await fixture.send("GET", path)
        #expect(answer.status == status)
        #expect(answer.header("location") == location)
    }

    @Test(
        "no redirect leads out of here",
        arguments: ["/browser//evil.example", "/browser/%2F%2Fevil", "/buckets/javascript:x", "/login/https://evil"])
    func staysHere(_ path: String) async throws {
        let fixture = try await ConsoleFixture()
        let location = try #require(await fixture.send("GET", path).header("location"))
        #expect(location.hasPrefix("./#/") || location.hasPrefix("../"))
        #expect(!location.contains("//"))
    }
}
