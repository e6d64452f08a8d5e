import JSON
import KESProtocol
import Testing

/// What clients may send and what they may not, as Go's decoder judges it.
struct LeniencyTests {
    private func context(_ json: String) throws -> [UInt8] { try GenerateRequest(json: Array(json.utf8)).context }

    @Test(arguments: [
        #"{"context":"AQID"}"#, #" { "context" : "AQID" } "#, #"{"CONTEXT":"AQID"}"#, #"{"cOnTeXt":"AQID"}"#,
        #"{"context":"AQID"} and more"#, #"{"context":"AQID"}{"context":"BBBB"}"#,
        #"{"context":"BBBB","context":"AQID"}"#,
        #"{"context":"AQID","context":null}"#,
        #"{"version":"x","context":"AQID","more":[{"a":[1,-2.5e+3,true,false,null]}]}"#,
        #"{"context":"AQ\nI\r\nD"}"#, #"{"\u0063ontext":"AQ\u0049D"}"#, "\n\t\r {\"context\":\"AQID\"}",
    ]) func `requests that mean the same`(json: String) throws {
        #expect(try context(json) == [1, 2, 3])
    }

    @Test(arguments: [
        "{}", "null", #"{"context":null}"#, #"{"context":""}"#, #"{"other":"AQID"}"#, #"{"contexts":"AQID"}"#,
    ])
    func `requests without a context`(json: String) throws {
        #expect(try context(json) == [])
    }

    @Test(arguments: [
        "", " ", "hello", "[]", "1", #""AQID""#, "true", "nul", "{", #"{"context""#, #"{"context":"#,
        #"{"context":"AQID"#,
        #"{"context":"AQID""#, #"{"context":"AQID",}"#, #"{"context":1}"#, #"{"context":["AQID"]}"#, #"{"context":{}}"#,
        #"{"context":true}"#, #"{context:"AQID"}"#, #"{"context" "AQID"}"#, #"{"a":01}"#, #"{"a":1.}"#, #"{"a":.5}"#,
        #"{"a":+1}"#, #"{"a":1e}"#, #"{"a":-}"#, #"{"a":tru}"#, #"{"a":"\x"}"#, #"{"a":"\u12g4"}"#, #"{"a":[1,]}"#,
        #"{"a":[1}"#, "{\"a\":\"\n\"}", #"{"a":1 "b":2}"#, #"{,}"#, #"{"a":nan}"#, #"{'a':1}"#,
    ]) func `what is not such a document is refused`(json: String) {
        #expect(throws: KESDocumentError.self) { try context(json) }
    }

    @Test(arguments: ["A", "AQ", "AQI", "AQ=", "AQ==AQ==", "A===", "====", "AQI=D", "AQID=", "-_8=", "AQ ID", "é==="])
    func `what is not base64 is refused`(code: String) {
        #expect(throws: KESDocumentError.self) { try context(#"{"context":"\#(code)"}"#) }
    }

    @Test func `bits after the last byte do not matter`() throws {
        #expect(try context(#"{"context":"AR=="}"#) == [1])
        #expect(try context(#"{"context":"AQJ="}"#) == [1, 2])
    }

    @Test func `base64 of every length is read`() throws {
        for count in 0..<100 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255) }
            let document = EncryptRequest(plaintext: bytes, context: bytes.reversed())
            let read = try EncryptRequest(json: document.json)
            #expect(read.plaintext == bytes && read.context == bytes.reversed())
        }
    }

    @Test func `nesting is deep but bounded`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            let open = String(repeating: "[", count: depth)
            let close = String(repeating: "]", count: depth)
            return Array(#"{"a":\#(open)\#(close),"context":"AQID"}"#.utf8)
        }
        #expect(try GenerateRequest(json: nested(JSONScanner.maximumDepth)).context == [1, 2, 3])
        #expect(throws: KESDocumentError.self) { try GenerateRequest(json: nested(JSONScanner.maximumDepth + 2)) }
        let objects = String(repeating: #"{"a":"#, count: 1_000_000)
        #expect(throws: KESDocumentError.self) { try GenerateRequest(json: Array(objects.utf8)) }
    }

    @Test func `a megabyte in one string is read`() throws {
        let bytes = [UInt8](repeating: 0xa5, count: 740_000)
        #expect(try EncryptRequest(json: EncryptRequest(plaintext: bytes, context: []).json).plaintext == bytes)
        let escaped = Array(#"{"message":"\#(String(repeating: #"\u00e9"#, count: 160_000))"}"#.utf8)
        #expect(try ErrorEvent(json: escaped).message == String(repeating: "é", count: 160_000))
    }

    @Test func `text that is not UTF-8 is repaired`() throws {
        let json = Array(#"{"message":"a"#.utf8) + [0xff, 0xc3] + Array(#"b"}"#.utf8)
        #expect(try ErrorEvent(json: json).message == "a\u{fffd}\u{fffd}b")
    }

    @Test func `escapes become what they stand for`() throws {
        let json = Array(#"{"message":"\"\\\/\b\f\n\r\t\u00E9\ud83d\ude00\ud83d\u0041\ude00\ud83d"}"#.utf8)
        let expected = "\"\\/\u{8}\u{c}\n\r\té😀\u{fffd}A\u{fffd}\u{fffd}"
        #expect(try ErrorEvent(json: json).message == expected)
        #expect(try ErrorEvent(json: ErrorEvent(message: expected).json).message == expected)
    }

    @Test func `integers have 64 bits and nothing behind a point`() throws {
        func maxBody(_ number: String) throws -> Int {
            try APIDescription(json: Array(#"{"max_body":\#(number)}"#.utf8)).maxBody
        }
        #expect(try maxBody("9223372036854775807") == .max)
        #expect(try maxBody("-9223372036854775808") == .min)
        #expect(try maxBody("null") == 0)
        for number in ["9223372036854775808", "1.0", "1e3", "\"1\"", "true"] {
            #expect(throws: KESDocumentError.self) { try maxBody(number) }
        }
    }

    @Test func `random bytes never trap`() {
        let alphabet = Array(#"{}[]":,\u0n tfe1-."AQ=="#.utf8) + [0xff, 0x0a]
        for _ in 0..<20_000 {
            let json = (0..<Int.random(in: 0...40)).map { _ in alphabet.randomElement() ?? 0 }
            _ = try? EncryptRequest(json: json)
            _ = try? AuditEvent(json: json)
            _ = try? APIListResponse(json: Array("[".utf8) + json)
        }
    }

    @Test func `errors do not quote what they refuse`() {
        let error = #expect(throws: KESDocumentError.self) { try context(#"{"context":"very secret"}"#) }
        #expect(error?.description.contains("secret") == false)
    }
}
