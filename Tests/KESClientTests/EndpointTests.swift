import KESClient
import Testing

@Suite struct EndpointTests {
    private func urls(_ text: String, _ plainHTTP: KESEndpoints.PlainHTTP = .accepted) throws -> [String] {
        try KESEndpoints(parsing: text, plainHTTP: plainHTTP).all.map(\.url)
    }

    @Test(
        arguments: [
            ("https://kes:7373", ["https://kes:7373"]),
            ("kes.example.com", ["https://kes.example.com"]),
            (" a:1 , https://b:2/,", nil),
            (" a:1 , https://b:2/", ["https://a:1", "https://b:2"]),
            ("https://kes{1...3}:7373", ["https://kes1:7373", "https://kes2:7373", "https://kes3:7373"]),
            ("k{08...10}", ["https://k08", "https://k09", "https://k10"]),
            ("a{1...2}b{3...4}:5", ["https://a1b3:5", "https://a1b4:5", "https://a2b3:5", "https://a2b4:5"]),
            ("a:1,a:1,A:1", ["https://a:1", "https://A:1"]),
            ("[::1]:7373", ["https://[::1]:7373"]),
            ("https://[2001:db8::1]", ["https://[2001:db8::1]"]),
            ("http://kes:7373", ["http://kes:7373"]),
            ("HTTPS://kes", ["https://kes"]),
        ] as [(String, [String]?)])
    func `lists, ranges and schemes`(text: String, expected: [String]?) throws {
        if let expected {
            #expect(try urls(text) == expected)
        } else {
            #expect(throws: KESClientError.self) { try urls(text) }
        }
    }

    @Test func `KES's own client makes https of http`() throws {
        #expect(try urls("http://kes:7373,https://b", .replaced) == ["https://kes:7373", "https://b"])
    }

    @Test(arguments: [
        "", ",", "https://", "ftp://kes", "kes:", "kes:0", "kes:65536", "kes:abc", "kes/path", "https://u:p@kes",
        "kes?x",
        "::1", "[::1", "[::1]x", "k{3...1}", "k{a...b}", "k{1..3}", "k{1...3", "k{1...100000}", "a b",
        "k{0...99}{0...99}",
    ])
    func `what is no address is refused by name`(text: String) throws {
        let error = #expect(throws: KESClientError.self) { try urls(text) }
        if text.count > 1 { #expect(error?.description.contains("KES endpoint") == true || text == "k{1...3") }
    }
}
