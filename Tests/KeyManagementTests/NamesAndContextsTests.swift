import KeyManagement
import Testing

@Suite struct NamesAndContextsTests {
    @Test(arguments: ["a", "my-key", "A_b-9", "_x_", "0", String(repeating: "k", count: 80)])
    func `a valid key name is taken as it is`(_ text: String) throws {
        #expect(try KeyID(text).name == text)
        #expect(try KeyID("arn:aws:kms:" + text).name == text)
        #expect("\(try KeyID(text))" == text)
    }

    @Test(arguments: [
        "", "-a", "a-", "-", "a.b", "a/b", "a b", "a:b", "ä", "a\0", "*", String(repeating: "k", count: 81),
        "arn:aws:kms:",
        "arn:aws:kms:eu:1:key", "arn:aws:kms:arn:aws:kms:a",
    ])
    func `anything else is refused and quoted`(_ text: String) {
        #expect(throws: KeyServiceError.invalidKeyID(text)) { try KeyID(text) }
    }

    @Test(
        arguments: [
            ([:], "{}"), (["B": "B/K"], #"{"B":"B/K"}"#),
            // Bytewise: capitals first, then lower case, then everything beyond ASCII.
            (
                ["b": "2", "a": "1", "B": "0", "é": "4", "z": "3", "aa": "x"],
                #"{"B":"0","a":"1","aa":"x","b":"2","z":"3","é":"4"}"#
            ),
            (["a\"\\/": "\n\r\t"], #"{"a\"\\/":"\n\r\t"}"#),
            (["h": "<a href='x'>&</a>"], #"{"h":"\u003ca href='x'\u003e\u0026\u003c/a\u003e"}"#),
            (["c": "\u{0}\u{8}\u{c}\u{1f}\u{7f}"], "{\"c\":\"\\u0000\\u0008\\u000c\\u001f\u{7f}\"}"),
            (["l": "\u{2028}\u{2029}"], #"{"l":"\u2028\u2029"}"#), (["e": "😀"], #"{"e":"😀"}"#), (["": ""], #"{"":""}"#),
        ] as [([String: String], String)])
    func `a context has one spelling, and it reads back`(_ pairs: [String: String], _ json: String) {
        let context = KMSContext(pairs)
        #expect(String(decoding: context.canonicalJSON, as: UTF8.self) == json)
        #expect(KMSContext(canonicalJSON: Array(json.utf8)) == context)
    }

    @Test(arguments: [
        "", "{", "{} ", " {}", "[]", "null", #"{"a":1}"#, #"{"a":"b",}"#, #"{"b":"1","a":"2"}"#, #"{"a":"1","a":"1"}"#,
        #"{"a": "b"}"#, #"{"a":"\u0041"}"#, #"{"a":"<"}"#, #"{"a":"\ud800"}"#, #"{"a":"b"}x"#, "{\"a\":\"\n\"}",
    ])
    func `any other spelling of a context is refused`(_ json: String) {
        #expect(KMSContext(canonicalJSON: Array(json.utf8)) == nil)
    }

    @Test func `bytes that are not UTF-8 are no context`() {
        #expect(KMSContext(canonicalJSON: Array("{\"a\":\"".utf8) + [0xff] + Array("\"}".utf8)) == nil)
    }

    @Test func `deeply nested documents are refused without recursion running away`() {
        #expect(KMSContext(canonicalJSON: [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)) == nil)
        let nested = String(repeating: "{\"a\":", count: 100_000)
        #expect(KMSContext(canonicalJSON: Array(nested.utf8)) == nil)
    }
}
