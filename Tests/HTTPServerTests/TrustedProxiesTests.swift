import HTTPServer
import Notation
import Testing

/// Who a request's client is, behind proxies that are trusted.
@Suite struct TrustedProxiesTests {
    private static let ranges = ["10.0.0.0/8", "fd00::/8"].compactMap { AddressRange($0) }

    private func client(_ header: TrustedProxies.Header, _ values: [String]) -> String {
        let head = RequestHead(
            method: "GET", target: "/", versionMinor: 1, headers: values.map { (header.rawValue, $0) }, secrets: [])
        return TrustedProxies(Self.ranges, header: header).client(of: head, behind: "10.0.0.1")
    }

    @Test(
        arguments: [
            ([], "10.0.0.1"), (["203.0.113.7"], "203.0.113.7"), (["203.0.113.7, 10.2.0.1"], "203.0.113.7"),
            // What stands before the first that is not trusted, its client has written.
            (["127.0.0.1, 203.0.113.7"], "203.0.113.7"), (["10.9.9.9, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
            (["127.0.0.1", "203.0.113.7"], "203.0.113.7"), (["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
            (["203.0.113.7:4711"], "203.0.113.7"), (["[2001:db8::1]:4711"], "2001:db8::1"),
            (["2001:db8::1"], "2001:db8::1"),
            (["2001:db8::1 ,\tfd00::2"], "2001:db8::1"),
            // What is no address ends the chain at the last one that is.
            (["unknown"], "10.0.0.1"), (["203.0.113.7, unknown"], "10.0.0.1"),
            (["203.0.113.7, x, 10.0.0.2"], "10.0.0.2"),
            ([""], "10.0.0.1"), (["203.0.113.7,"], "10.0.0.1"), (["203.0.113.0/24"], "10.0.0.1"),
            (["1.2.3"], "10.0.0.1"),
            (["203.0.113.7:99999"], "10.0.0.1"), (["203.0.113.7\u{0}"], "10.0.0.1"),
            (["::ffff:1.2.3.4%eth0"], "10.0.0.1"),
        ] as [([String], String)])
    func `the last address that no trusted proxy has`(_ values: [String], _ client: String) {
        #expect(self.client(.xForwardedFor, values) == client)
    }

    @Test(
        arguments: [
            (["for=203.0.113.7"], "203.0.113.7"), (["For=\"203.0.113.7:80\";proto=https;by=10.0.0.1"], "203.0.113.7"),
            (["for=127.0.0.1, proto=http; for=\"[2001:db8::1]:4711\" , for=10.0.0.2"], "2001:db8::1"),
            (["for=203.0.113.7, for=\"_hidden,for=127.0.0.1\""], "10.0.0.1"), (["for=unknown"], "10.0.0.1"),
            (["proto=https"], "10.0.0.1"), (["for=127.0.0.1", "for=203.0.113.7"], "203.0.113.7"),
        ] as [([String], String)])
    func `the same of RFC 7239's header`(_ values: [String], _ client: String) {
        #expect(self.client(.forwarded, values) == client)
    }

    @Test func `a header that is too long is read from its end alone`() {
        let long = String(repeating: "127.0.0.1, ", count: 5000)
        #expect(client(.xForwardedFor, [long + "203.0.113.7"]) == "203.0.113.7")
        #expect(
            client(.xForwardedFor, [String(repeating: "10.0.0.9, ", count: 5000) + "10.0.0.8"]).hasPrefix("10.0.0."))
    }
}
