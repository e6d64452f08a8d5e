import HTTPServerTesting
import Testing

/// Headers that describe an object or ask for one of its parts.
@Suite struct AttributeTests {
    @Test func `a website's redirection is kept and given back`() async throws {
        let fixture = try await S3Fixture()
        let header = "x-amz-website-redirect-location"
        for location in ["/other", "http://a/b", "https://a/b"] {
            let put = try await fixture.call("PUT", "/bucket/k", [(header, location)], body: [1])
            #expect(put.status == 200)
            for method in ["GET", "HEAD"] {
                #expect(try await fixture.call(method, "/bucket/k").header(header) == location)
            }
            try await fixture.upload("parts", [(header, location)], parts: [[1]])
            #expect(try await fixture.call("HEAD", "/bucket/parts").header(header) == location)
        }
        let refused = try await fixture.call("PUT", "/bucket/k", [(header, "ftp://a")], body: [2])
        #expect(refused.status == 400 && refused.element("Code") == "InvalidRedirectLocation")
        #expect(try await fixture.call("GET", "/bucket/k").body == [1])
    }

    @Test func `a condition without a tag is refused`() async throws {
        let fixture = try await S3Fixture()
        let put = try await fixture.call("PUT", "/bucket/k", body: [1])
        #expect(put.status == 200)
        let refused = try await fixture.call("PUT", "/bucket/k", [("if-none-match", "")], body: [2])
        #expect(refused.status == 400 && refused.element("Code") == "InvalidArgument")
        #expect(try await fixture.call("GET", "/bucket/k").body == [1])
    }

    @Test func `a key without an object cannot be deleted under a tag`() async throws {
        let fixture = try await S3Fixture()
        let absent = try await fixture.call("DELETE", "/bucket/absent", [("if-match", "\"x\"")])
        #expect(absent.status == 404 && absent.element("Code") == "NoSuchKey")
        #expect(try await fixture.call("DELETE", "/bucket/absent").status == 204)
    }

    @Test func `a part of an object that is overwritten meanwhile is found`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.upload("k", parts: [[1]])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for _ in 0..<60 { try await fixture.upload("k", parts: [[2]]) }
            }
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<400 {
                        let head = try await fixture.call("HEAD", "/bucket/k?partNumber=1")
                        #expect(head.status == 206)
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
