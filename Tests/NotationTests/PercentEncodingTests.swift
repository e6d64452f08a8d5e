import Notation
import Testing

@Suite struct PercentEncodingTests {
    @Test func `every byte is its own again`() {
        let bytes = (UInt8.min...UInt8.max).map { $0 }
        var encoded: [UInt8] = []
        PercentEncoding.append(bytes, to: &encoded)
        let text = String(decoding: encoded, as: UTF8.self)
        #expect(text.utf8.count == 66 + 3 * 190)
        #expect(PercentEncoding.decode(encoded, plus: .literal) == bytes)
        #expect(PercentEncoding.decode(text.lowercased().utf8, plus: .literal)?.count == 256)
    }

    @Test func `letters, digits and four more stand for themselves`() {
        let unreserved = "AZaz09-_.~"
        #expect(PercentEncoding.encode(unreserved) == unreserved)
        #expect(PercentEncoding.encode("a b/é~+") == "a%20b%2F%C3%A9~%2B")
        #expect(PercentEncoding.encode("") == "")
    }

    @Test(arguments: ["%", "%4", "a%", "%zz", "%4g", "%g4", "%%41"])
    func `an escape is a percent sign and two digits`(text: String) {
        #expect(PercentEncoding.decode(text.utf8, plus: .literal) == nil)
    }

    @Test func `a plus is a space where the caller says so, and escapes are undone once`() {
        #expect(PercentEncoding.decode("a+b%2B%2541".utf8, plus: .literal) == Array("a+b+%41".utf8))
        #expect(PercentEncoding.decode("a+b%2B%2541".utf8, plus: .space) == Array("a b+%41".utf8))
    }
}
