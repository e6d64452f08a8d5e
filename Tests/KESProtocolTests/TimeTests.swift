import KESProtocol
import TestSupport
import Testing

struct TimeTests {
    @Test func `times are read and written`() throws {
        let cases: [(String, Int64, Int32)] = [
            ("1970-01-01T00:00:00Z", 0, 0), ("2024-01-12T10:39:20.886816Z", 1_705_055_960, 886_816_000),
            ("2026-11-21T00:30:08.754236633Z", 1_795_221_008, 754_236_633), ("1969-12-31T23:59:59.5Z", -1, 500_000_000),
            ("0001-01-01T00:00:00Z", -62_135_596_800, 0), ("2024-02-29T23:59:59Z", 1_709_251_199, 0),
            ("9999-12-31T23:59:59.999999999Z", 253_402_300_799, 999_999_999), ("2000-03-01T00:00:00Z", 951_868_800, 0),
        ]
        for (text, seconds, nanoseconds) in cases {
            let time = RFC3339Time(seconds: seconds, nanoseconds: nanoseconds)
            #expect(RFC3339Time(text) == time, "\(text)")
            #expect(time.text == text)
        }
        #expect(RFC3339Time.unknown.text == "0001-01-01T00:00:00Z")
    }

    @Test func `offsets, small letters and long fractions are read`() {
        #expect(RFC3339Time("2024-01-12T11:39:20+01:00") == RFC3339Time(seconds: 1_705_055_960, nanoseconds: 0))
        #expect(RFC3339Time("2024-01-12t08:09:20-02:30") == RFC3339Time(seconds: 1_705_055_960, nanoseconds: 0))
        #expect(RFC3339Time("2024-01-12T10:39:20.1234567899z")?.nanoseconds == 123_456_789)
    }

    @Test(arguments: [
        "", "2024-01-12", "2024-01-12 10:39:20Z", "2024-13-12T10:39:20Z", "2023-02-29T10:39:20Z",
        "2024-01-12T24:00:00Z",
        "2024-01-12T10:39:20", "2024-01-12T10:39:20.Z", "2024-01-12T10:39:20Zx", "2024-1-12T10:39:20Z",
        "2024-00-12T10:39:20Z", "2024-01-00T10:39:20Z", "2024-01-12T10:60:20Z", "2024-01-12T10:39:20+1:00",
    ]) func `anything else is no time`(text: String) {
        #expect(RFC3339Time(text) == nil)
    }

    @Test func `days agree with the system's calendar`() throws {
        let seconds = (0..<200).map { _ in Int64.random(in: -60_000_000_000...250_000_000_000) }
        let command = seconds.map { "date -u -d @\($0) +%Y-%m-%dT%H:%M:%SZ" }.joined(separator: ";")
        let expected = try shellOutput(command).split(separator: "\n").map(String.init)
        #expect(seconds.map { RFC3339Time(seconds: $0, nanoseconds: 0).text } == expected)
        #expect(expected.map { RFC3339Time($0)?.seconds } == seconds)
    }

    @Test func `now is now`() throws {
        let clock = try #require(Int64(try shellOutput("date +%s").dropLast()))
        #expect(abs(RFC3339Time.now.seconds - clock) < 600)
        #expect(RFC3339Time.unknown < .now)
    }
}
