import Notation
import TestSupport
import Testing

@Suite struct `HTTP dates` {
    /// The second 2006-01-02T15:04:05Z.
    static let reference: Int64 = 1_136_214_245

    @Test(arguments: [
        "Mon, 02 Jan 2006 15:04:05 GMT", "Monday, 02-Jan-06 15:04:05 GMT", "Mon Jan  2 15:04:05 2006",
        "2006-01-02T15:04:05Z", "2006-01-02T15:04:05.000Z", "2006-01-02T15:04:05.999999999Z", "20060102T150405Z",
        "2006-01-02T17:04:05+02:00", "2006-01-02T10:04:05-0500", " Mon, 02 Jan 2006 15:04:05 GMT ",
        "Mon, 2 Jan 2006 15:04:05 GMT", "mon, 02 jan 2006 15:04:05 GMT",
    ])
    func `every form that clients send is read as the same second`(_ text: String) {
        #expect(HTTPDate.parse(text) == Self.reference)
    }

    @Test func `of a fraction there is a millisecond, and what is beyond it counts as one more`() {
        for (text, milliseconds) in [
            ("", 0), (".5", 500), (".000", 0), (".999", 999), (".0001", 1), (".1230000", 123), (".1230001", 124),
        ] {
            #expect(HTTPDate.milliseconds("2006-01-02T15:04:05\(text)Z") == Self.reference * 1000 + Int64(milliseconds))
        }
        #expect(HTTPDate.milliseconds("yesterday") == nil)
    }

    @Test(arguments: [
        "", " ", "yesterday", "Mon, 02 Jan 2006 15:04:05", "Mon, 02 Jan 2006 15:04:05 PST",
        "Mon, 32 Jan 2006 15:04:05 GMT",
        "Mon, 02 Jan 2006 24:04:05 GMT", "Mon, 02 Jan 2006 15:60:05 GMT", "Mon, 02 Jam 2006 15:04:05 GMT",
        "2006-02-29T00:00:00Z", "2006-13-01T00:00:00Z", "2006-01-02T15:04:05Zjunk", "20060102T15:04:05Z",
        "2006-01-02T15:04:05.Z", "Mon, 02 Jan 206 15:04:05 GMT", "1136214245",
        "Mon, 02 Jan 2006 15:04:05 GMT                                            !",
    ])
    func `what is no date is nil`(_ text: String) {
        #expect(HTTPDate.parse(text) == nil)
    }

    @Test func `output has the fixed forms of headers, documents and signatures`() {
        let milliseconds = Self.reference * 1000 + 7
        #expect(HTTPDate.format(milliseconds) == "Mon, 02 Jan 2006 15:04:05 GMT")
        #expect(HTTPDate.iso8601(milliseconds) == "2006-01-02T15:04:05.007Z")
        #expect(HTTPDate.amzDate(milliseconds) == "20060102T150405Z")
    }

    @Test func `the calendar's edges come out right`() {
        #expect(HTTPDate.iso8601(0) == "1970-01-01T00:00:00.000Z")
        #expect(HTTPDate.iso8601(-1) == "1969-12-31T23:59:59.999Z")
        #expect(HTTPDate.format(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(HTTPDate.iso8601(951_782_400_000) == "2000-02-29T00:00:00.000Z")
        #expect(HTTPDate.iso8601(Int64.max) == "9999-12-31T23:59:59.999Z")
        #expect(HTTPDate.iso8601(Int64.min) == "0000-01-01T00:00:00.000Z")
    }

    @Test func `two-digit years below 70 lie in this century`() {
        #expect(HTTPDate.parse("Thursday, 01-Jan-70 00:00:00 GMT") == 0)
        #expect(HTTPDate.parse("Sunday, 01-Jan-69 00:00:00 GMT").map { $0 > 0 } == true)
    }

    @Test func `what is written is read back, whatever the second`() {
        var random = SeededGenerator.announced()
        for _ in 0..<20_000 {
            let seconds = Int64.random(in: -62_167_219_200...253_402_300_799, using: &random)
            #expect(HTTPDate.parse(HTTPDate.format(seconds * 1000)) == seconds)
            #expect(HTTPDate.parse(HTTPDate.iso8601(seconds * 1000)) == seconds)
            #expect(HTTPDate.parse(HTTPDate.amzDate(seconds * 1000)) == seconds)
        }
    }
}
