import HTTPServerTesting
import S3Service
import TestSupport
import Testing

/// Listings of versions, page by page, compared with the order in which they were made.
@Suite struct VersionListingTests {
    private struct Entry: Hashable {
        var key: String
        var id: String
        var isLatest: String
    }

    private func entries(_ answer: MemoryResponse) -> [Entry] {
        let keys = answer.elements("Key")
        return zip(keys, zip(answer.elements("VersionId"), answer.elements("IsLatest"))).map { key, rest in
            Entry(key: key, id: rest.0, isLatest: rest.1)
        }
    }

    /// Keys with versions, the newest first, some of them delete markers.
    private func fill(_ fixture: S3Fixture) async throws -> [Entry] {
        var versions: [String: [String]] = [:]
        let keys = ["a", "a/1", "a/2", "b", "é/x", "z"]
        for key in keys { try await fixture.put(key.replacing("é", with: "%C3%A9"), 1) }
        for key in keys { versions[key] = ["null"] }
        try await fixture.setVersioning("Enabled")
        for (round, key) in (keys + keys + ["a", "b"]).enumerated() {
            let path = key.replacing("é", with: "%C3%A9")
            if round.isMultiple(of: 4) {
                let hidden = try await fixture.call("DELETE", "/bucket/\(path)")
                versions[key]?.append(try #require(hidden.header("x-amz-version-id")))
            } else {
                versions[key]?.append(try #require(try await fixture.put(path, 2)))
            }
        }
        return keys.flatMap { key in
            (versions[key] ?? []).reversed().enumerated().map { index, id in
                Entry(key: key, id: id, isLatest: index == 0 ? "true" : "false")
            }
        }
    }

    @Test func `pages of any size are the whole, by key and the newest first`() async throws {
        let fixture = try await S3Fixture()
        let expected = try await fill(fixture)
        for size in [1, 2, 3, 7, 1000] {
            var listed: [Entry] = []
            var marker = ""
            repeat {
                let page = try await fixture.call(
                    "GET", "/bucket?versions&encoding-type=url&max-keys=\(size)\(marker)")
                listed += entries(page).map { entry in
                    Entry(key: entry.key.replacing("%C3%A9", with: "é"), id: entry.id, isLatest: entry.isLatest)
                }
                #expect(page.elements("Key").count <= size)
                let (key, id) = (page.element("NextKeyMarker"), page.element("NextVersionIdMarker"))
                #expect((page.element("IsTruncated") == "true") == !key.isEmpty)
                marker = key.isEmpty ? "" : "&key-marker=\(key.replacing("/", with: "%2F"))&version-id-marker=\(id)"
            } while !marker.isEmpty
            #expect(listed == expected, "pages of \(size)")
        }
    }

    @Test func `a listing goes on behind a version that is named, or is gone by then`() async throws {
        let fixture = try await S3Fixture()
        let all = try await fill(fixture).filter { $0.key == "a" }
        for (index, entry) in all.enumerated() {
            let page = try await fixture.call(
                "GET", "/bucket?versions&prefix=a&key-marker=a&version-id-marker=\(entry.id)&max-keys=2")
            #expect(entries(page).first == (index + 1 < all.count ? all[index + 1] : entries(page).first))
        }
        // A page whose last version is deleted before the next one is asked for, as who empties a bucket does.
        var left = 0
        var marker = ""
        repeat {
            let page = try await fixture.call("GET", "/bucket?versions&max-keys=2\(marker)")
            for entry in entries(page) {
                let path = entry.key.replacing("é", with: "%C3%A9")
                let gone = try await fixture.call("DELETE", "/bucket/\(path)?versionId=\(entry.id)")
                #expect(gone.status == 204)
                left += 1
            }
            let (key, id) = (page.element("NextKeyMarker"), page.element("NextVersionIdMarker"))
            let path = key.replacing("é", with: "%C3%A9").replacing("/", with: "%2F")
            marker = key.isEmpty ? "" : "&key-marker=\(path)&version-id-marker=\(id)"
        } while !marker.isEmpty
        #expect(left == 20)
        #expect(try await fixture.call("DELETE", "/bucket").status == 204)
    }

    @Test func `keys are folded into common prefixes, each of which is shown once`() async throws {
        let fixture = try await S3Fixture()
        _ = try await fill(fixture)
        let whole = try await fixture.call("GET", "/bucket?versions&delimiter=%2F")
        #expect(whole.elements("Prefix").filter { !$0.isEmpty } == ["a/", "é/"])
        #expect(Set(whole.elements("Key")) == ["a", "b", "z"])
        var prefixes: [String] = []
        var marker = ""
        repeat {
            let page = try await fixture.call(
                "GET", "/bucket?versions&delimiter=%2F&encoding-type=url&max-keys=1\(marker)")
            prefixes += page.elements("Prefix").filter { !$0.isEmpty }
            let (key, id) = (page.element("NextKeyMarker"), page.element("NextVersionIdMarker"))
            let next = key.replacing("/", with: "%2F")
            marker = key.isEmpty ? "" : "&key-marker=\(next)" + (id.isEmpty ? "" : "&version-id-marker=\(id)")
        } while !marker.isEmpty
        #expect(prefixes == ["a/", "%C3%A9/"])
    }

    @Test(arguments: ["version-id-marker=null", "max-keys=-1", "key-marker=a&version-id-marker=x", "encoding-type=x"])
    func `what names no place in a listing is refused`(query: String) async throws {
        let fixture = try await S3Fixture()
        let answer = try await fixture.call("GET", "/bucket?versions&\(query)")
        #expect(answer.status == 400 && answer.element("Code") == "InvalidArgument")
    }

    @Test func `an empty listing has its empty elements`() async throws {
        let fixture = try await S3Fixture()
        for query in ["", "&max-keys=0", "&key-marker=&version-id-marker="] {
            let answer = try await fixture.call("GET", "/bucket?versions\(query)")
            #expect(answer.status == 200 && answer.element("IsTruncated") == "false")
            for name in ["Prefix", "KeyMarker", "VersionIdMarker"] {
                #expect(answer.text.contains("<\(name)></\(name)>"))
            }
        }
    }
}
