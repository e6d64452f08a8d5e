import JSON
import Testing

@Suite struct JSONTextTests {
    private static let text = "\"\\ \n\r\t\u{1}\u{7f}<>&\u{2028}é"

    @Test func `the spelling for the web escapes what could end a script element`() {
        #expect(
            JSONText.string(Self.text, .web)
                == #""\"\\ \n\r\t\u0001"# + "\u{7f}" + #"\u003c\u003e\u0026\u2028é""#)
        var appended: [UInt8] = []
        JSONText.append(Self.text, to: &appended)
        #expect(appended == Array(JSONText.string(Self.text, .web).utf8))
    }

    @Test func `the spelling for a terminal keeps markup legible and no control character`() {
        #expect(JSONText.string(Self.text, .terminal) == #""\"\\ \n\r\t\u0001\u007f<>&"# + "\u{2028}é\"")
    }

    @Test(arguments: [JSONText.Spelling.web, .terminal])
    func `both spellings are read as the text`(spelling: JSONText.Spelling) {
        #expect(JSONValue(Array(JSONText.string(Self.text, spelling).utf8))?.string == Self.text)
    }
}
