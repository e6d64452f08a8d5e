import Accounts
import Console
import HTTPServerTesting
import S3Protocol
import Testing

struct SessionTests {
    @Test("a session ends twelve hours after its last use, and a week after its login whatever happens")
    func ends() async throws {
        let fixture = try await ConsoleFixture()
        let idle = try await fixture.signedIn()
        fixture.wait(hours: 11.9)
        #expect(await idle.call("GET", "buckets").status == 200)
        fixture.wait(hours: 11.9)
        #expect(await idle.call("GET", "buckets").status == 200)
        fixture.wait(hours: 12.1)
        #expect(await idle.call("GET", "buckets").code == "NoSession")
        let busy = try await fixture.signedIn()
        for _ in 0..<15 {
            fixture.wait(hours: 11)
            #expect(await busy.call("GET", "session").member("signedIn") as? Bool == true)
        }
        fixture.wait(hours: 4)
        #expect(await busy.call("GET", "buckets").code == "NoSession")
    }

    @Test("what was not written down of a session's use is not forgotten by writing down another's")
    func writesDown() async throws {
        let fixture = try await ConsoleFixture()
        let (used, unused) = (try await fixture.signedIn(), try await fixture.signedIn())
        fixture.wait(hours: 11)
        #expect(await used.call("GET", "buckets").status == 200)
        let task = Task { await fixture.context.run() }
        fixture.wait(hours: 2)
        while try fixture.accounts.snapshot.allConsoleSessions.count > 1 { await Task.yield() }
        #expect(await unused.call("GET", "buckets").code == "NoSession")
        #expect(await used.call("GET", "buckets").status == 200)
        task.cancel()
        await task.value
    }

    @Test("a hundred sessions of one access key: the oldest goes")
    func isOneOfAHundred() async throws {
        let fixture = try await ConsoleFixture()
        let first = try await fixture.signedIn()
        fixture.wait(hours: 0.001)
        let second = try await fixture.signedIn()
        for _ in 0..<99 {
            fixture.wait(hours: 0.001)
            _ = try await fixture.signedIn()
        }
        #expect(await first.call("GET", "buckets").code == "NoSession")
        #expect(await second.call("GET", "buckets").status == 200)
        #expect(try fixture.accounts.snapshot.allConsoleSessions.count == 100)
    }

    @Test("a wait for the next guess ends, is doubled each time, and is forgotten in the end")
    func throttles() async throws {
        let fixture = try await ConsoleFixture()
        func guess() async -> Int { await fixture.login("tester", "a-wrong-secret").status }
        for _ in 0..<5 { #expect(await guess() == 401) }
        for seconds in [1.0, 2, 4, 8, 16, 32, 60, 60] {
            #expect(await guess() == 429)
            fixture.wait(hours: (seconds - 0.5) / 3600)
            #expect(await guess() == 429)
            fixture.wait(hours: 1.0 / 3600)
            #expect(await guess() == 401)
        }
        fixture.wait(hours: 0.3)
        for _ in 0..<5 { #expect(await guess() == 401) }
        #expect(await guess() == 429)
    }

    @Test("an account that may not be used cannot log in, and is refused as one that there is not")
    func refusesAlike() async throws {
        let fixture = try await ConsoleFixture()
        let secret = SecretString("a-users-secret")
        try await fixture.accounts.putUser("disabled", secret: secret, isEnabled: false, at: 0)
        for name in ["disabled", "nobody"] {
            let answer = await fixture.login(name, "a-users-secret")
            #expect(answer.status == 401 && answer.code == "InvalidLogin")
        }
    }

    @Test("a change of the secret ends the sessions, and the same secret again does not")
    func endsWithItsSecret() async throws {
        let fixture = try await ConsoleFixture()
        try await fixture.accounts.putUser("anna", secret: SecretString("first-secret"), isEnabled: true, at: 0)
        let browser = try await fixture.signedIn("anna", "first-secret")
        try await fixture.accounts.putUser("anna", secret: SecretString("first-secret"), isEnabled: true, at: 0)
        #expect(await browser.call("GET", "buckets").status == 200)
        try await fixture.accounts.putUser("anna", secret: SecretString("other-secret"), isEnabled: true, at: 0)
        #expect(await browser.call("GET", "buckets").code == "NoSession")
    }

    @Test("of several cookies of the name the right one is found")
    func looksAtEveryCookie() async throws {
        let fixture = try await ConsoleFixture()
        let browser = try await fixture.signedIn()
        let name = browser.cookie.prefix { $0 != "=" }
        let old = "\(name)=\(String(repeating: "A", count: 43))"
        let answer = await fixture.send("GET", "/api/buckets", [("cookie", "other=1; \(old); \(browser.cookie)")])
        #expect(answer.status == 200)
    }
}
