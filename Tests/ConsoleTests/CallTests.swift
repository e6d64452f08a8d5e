import AccessPolicy
import Accounts
import Foundation
import HTTPServerTesting
import S3Protocol
import SealedStorage
import Testing

struct CallTests {
    @Test(
        "a document of another shape is refused by its member",
        arguments: [
            (#"{"name":1}"#, "name"), (#"{"name":"abc","name":"abd"}"#, "name"), (#"{"name":"abc","x":1}"#, "x"),
            ("[]", "body"),
            (#"{"name":"abc","encryption":{"kind":"SSE-Q"}}"#, "SSE-Q"),
            (#"{"name":"abc","encryption":{"kind":"SSE-S3","key":"k"}}"#, "SSE-S3"),
            (#"{"name":"abc","quota":-1}"#, "quota"), (#"{"name":"abc","retention":{"days":1}}"#, "mode"),
            ("{", "JSON"), ("", "JSON"),
        ])
    func isStrict(_ body: String, _ word: String) async throws {
        let fixture = try await ConsoleFixture()
        let browser = try await fixture.signedIn()
        let answer = await browser.call("POST", "buckets", body)
        #expect(answer.status == 400 && answer.code == "InvalidRequest" && answer.text.contains(word))
        #expect(fixture.drive.buckets.count == 0)
    }

    @Test("settings change one at a time, by who has seen what they were")
    func expects() async throws {
        let fixture = try await ConsoleFixture()
        let browser = try await fixture.signedIn()
        #expect(await browser.call("POST", "buckets", #"{"name":"photos"}"#).status == 201)
        let bucket = try #require(fixture.drive.buckets.bucket(named: "photos"))
        let tag = try bucket.record.tag(of: .tags)
        var headers = [
            (name: "cookie", value: browser.cookie), ("x-coffer-token", browser.token),
            ("content-type", "application/json"),
        ]
        headers.append(("if-match", "\"\(tag)\""))
        // Another setting is no obstacle.
        #expect(await browser.call("PUT", "bucket/quota?b=photos", #"{"value":1000000}"#).status == 200)
        let first = await fixture.send("PUT", "/api/bucket/tags?b=photos", headers, body: #"{"value":{"a":"1"}}"#)
        #expect(first.status == 200)
        let second = await fixture.send("PUT", "/api/bucket/tags?b=photos", headers, body: #"{"value":{"a":"2"}}"#)
        #expect(second.status == 412 && second.code == "PreconditionFailed")
        headers[3] = ("if-match", "\"short\"")
        #expect(
            await fixture.send("PUT", "/api/bucket/tags?b=photos", headers, body: #"{"value":{"a":"3"}}"#).status == 400
        )
        #expect(try fixture.drive.buckets.bucket(named: "photos")?.record.tags?.pairs.first?.value == "1")
        // So is the quota's, which is the administration's.
        headers[3] = ("if-match", "\"\(tag)\"")
        #expect(await fixture.send("PUT", "/api/bucket/quota?b=photos", headers, body: #"{"value":5}"#).status == 412)
    }

    @Test("what is asked for the console alone is nothing that a client can ask for")
    func isInside() async throws {
        let fixture = try await ConsoleFixture()
        let browser = try await fixture.signedIn()
        #expect(await browser.call("POST", "buckets", #"{"name":"photos"}"#).status == 201)
        #expect(await browser.call("PUT", "upload?b=photos&k=a", "hello").status == 200)
        let row = await browser.call("GET", "objects?b=photos")
        #expect(row.text.contains(#""scheme":"SSE-S3""#))
    }

    @Test("buckets are listed in pages, by a part of their names")
    func pages() async throws {
        let fixture = try await ConsoleFixture()
        for number in 0..<25 {
            try await fixture.drive.buckets.create(try BucketName("bucket-\(number)"), at: 0)
        }
        let browser = try await fixture.signedIn()
        var names: [String] = []
        var after = ""
        repeat {
            let page = await browser.call("GET", "buckets?limit=7&after=\(after)")
            #expect(page.member("total") as? Int == 25)
            names += (page.member("buckets") as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
            after = page.member("next") as? String ?? ""
        } while !after.isEmpty
        #expect(
            names.count == 25 && Set(names).count == 25
                && names == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        #expect(await browser.call("GET", "buckets?q=ET-2").member("total") as? Int == 6)
    }

    @Test("a static key service makes no keys, and says so before it is asked")
    func saysWhatItCannot() async throws {
        let fixture = try await ConsoleFixture()
        let browser = try await fixture.signedIn()
        #expect(await browser.call("POST", "keys", #"{"name":"another"}"#).status >= 400)
        #expect(await browser.call("GET", "keys").text.contains(#""default":true"#))
        #expect(await browser.call("GET", "key?k=key").text.contains(#""decryption":"ok""#))
    }
}
