import Notation
import S3Protocol
import Testing

@Suite struct RequestTargetTests {
    @Test func `path and query stay as sent`() throws {
        let target = try RequestTarget("/bucket//a%20b/../c+d?uploads&prefix=a+b%2Fc&x=1=2&&versionId=")
        #expect(target.rawPath == "/bucket//a%20b/../c+d")
        #expect(target.rawQuery == "uploads&prefix=a+b%2Fc&x=1=2&&versionId=")
        #expect(target.query.map(\.name) == ["uploads", "prefix", "x", "versionId"])
        #expect(target.query.map(\.value) == ["", "a b/c", "1=2", ""])
        #expect(target.queryValue("uploads") == "")
        #expect(target.queryValue("absent") == nil)
    }

    @Test(arguments: [
        ("http://host:9000/b/k?x", "/b/k", "x"), ("HTTPS://host", "/", ""), ("http://host?x=1", "/", "x=1"),
        ("?x", "/", "x"), ("", "/", ""), ("*", "*", ""), ("/a?b?c", "/a", "b?c"),
    ])
    func `absolute, empty and asterisk targets are read`(target: String, path: String, query: String) throws {
        guard target.isEmpty || target.hasPrefix("?") else {
            let read = try RequestTarget(target)
            #expect(read.rawPath == path)
            #expect(read.rawQuery == query)
            return
        }
        #expect(throws: S3Error(.invalidURI)) { try RequestTarget(target) }
    }

    @Test(arguments: [
        "/%", "/%4", "/%zz", "/%00", "/%ff", "/%c0%af", "/%ed%a0%80", "/a?x=%", "/a?%ff", "/a?x=%00", "/a b", "/a#b",
        "/a\u{7f}", "/a\nb", "ftp://host/", "host/b",
    ])
    func `what is not a target is refused`(target: String) {
        #expect(throws: S3Error(.invalidURI)) { try RequestTarget(target) }
    }

    @Test func `listing encodes spaces as plus`() {
        #expect(PercentEncoding.encodeForListing("a b+c/é*~") == "a%20b%2Bc/%C3%A9*%7E")
        #expect(PercentEncoding.encode("a b/é~") == "a%20b%2F%C3%A9~")
    }
}
