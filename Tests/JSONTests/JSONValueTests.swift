import JSON
import Testing

/// The strict reader; how lenient the scanner is, is tested with the documents of key servers.
@Suite struct JSONValueTests {
    private func value(_ json: String) -> JSONValue? { JSONValue(Array(json.utf8)) }

    @Test func `a document becomes a tree`() {
        let tree = value(#" {"a":[1,-2.5e3,true,false,null],"b":{"c":"x\u00e9\ud83d\ude00"},"a":"last"} "#)
        #expect(tree?["a"]?.string == "last")
        #expect(tree?["b"]?["c"]?.string == "xé😀")
        guard case .object(let members) = tree, case .array(let elements) = members.first?.value else {
            Issue.record("no object with an array first")
            return
        }
        #expect(members.map(\.name) == ["a", "b", "a"])
        #expect(elements.count == 5 && elements[0].integer == 1 && elements[1].integer == nil)
        guard case .number("-2.5e3") = elements[1], case .bool(true) = elements[2], case .null = elements[4] else {
            Issue.record("the elements are others")
            return
        }
    }

    @Test(arguments: [
        "", "{", "[1,]", "{} x", "{}{}", #"{"a":1,}"#, "01", "1.", ".5", "+1", "nul", "'a'", "\"\n\"", #""\x""#,
        #""\ud83d""#,
        #""\ude00""#, #""\ud83d\u0041""#, #"{"\ud83d":1}"#, #"{1:2}"#, "[1 2]",
    ])
    func `what is not JSON is nothing`(_ json: String) {
        #expect(value(json) == nil, "\(json)")
    }

    @Test func `text that is not UTF-8 is nothing`() {
        #expect(JSONValue(Array("\"a".utf8) + [0xff] + Array("\"".utf8)) == nil)
        #expect(JSONValue(Array("\"".utf8) + [0xed, 0xa0, 0xbd] + Array("\"".utf8)) == nil)
        #expect(JSONValue(Array("{\"".utf8) + [0xc3] + Array("\":1}".utf8)) == nil)
    }

    @Test func `nesting is bounded`() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(value(nested(JSONValue.maximumDepth + 1)) != nil)
        #expect(value(nested(JSONValue.maximumDepth + 2)) == nil)
        #expect(value(nested(100_000)) == nil)
    }

    @Test func `what is written is what is read`() {
        let text = "\u{0}\u{1f}\"\\/<>&\u{2028}\u{2029}é😀\n\r\t"
        var json: [UInt8] = []
        json.append("{")
        json.appendMember("text", text: text)
        json.appendMember("number", integer: -7)
        json.appendMember("left out", ifTrue: false)
        json.appendMember("texts", texts: [text, ""])
        json.append("}")
        let tree = JSONValue(json)
        #expect(tree?["text"]?.string == text && tree?["number"]?.integer == -7 && tree?["left out"] == nil)
        #expect(tree?["texts"]?.elements?.map(\.string) == [text, ""])
        #expect(String(decoding: json, as: UTF8.self).contains(#"\u0000\u001f\"\\/\u003c\u003e\u0026\u2028\u2029é"#))
    }
}
