import HTTPServer
import Testing

@Suite struct TargetTests {
    @Test(arguments: [
        ("/a/b?c=http://d", "/a/b?c=http://d"), ("http://host:9000/a%20b?c", "/a%20b?c"), ("HTTPS://host/a", "/a"),
        ("http://host", "/"), ("http://host?a=b", "/?a=b"), ("http://host/", "/"), ("*", "*"), ("", ""),
        ("ftp://host/a", "ftp://host/a"),
    ])
    func `what is asked for is the same in origin-form and in absolute-form`(_ target: String, _ expected: String) {
        #expect(RequestHead(method: "GET", target: target, versionMinor: 1, headers: []).originForm == expected)
    }
}
