import KESProtocol
import Testing

struct DurationTests {
    @Test func `durations are read as Go reads them`() throws {
        let cases: [(String, Duration)] = [
            ("0", .zero), ("-0", .zero), ("300ms", .milliseconds(300)), ("1m30s", .seconds(90)),
            ("1.5h", .seconds(5400)),
            ("720h", .seconds(2_592_000)), ("1us", .microseconds(1)), ("1µs", .microseconds(1)),
            ("1μs", .microseconds(1)),
            ("7ns", .nanoseconds(7)), ("-5m", .seconds(-300)), ("+5s", .seconds(5)), (".5s", .milliseconds(500)),
            ("1.s", .seconds(1)), ("1h1h", .seconds(7200)), ("0.3333333333333333333h", .nanoseconds(1_199_999_999_999)),
            ("0.100000000000000000000h", .seconds(360)), ("9223372036854775807ns", .nanoseconds(Int64.max)),
        ]
        for (text, duration) in cases {
            #expect(try GoDuration.parse(text) == duration, "\(text)")
        }
    }

    @Test func `what is none is refused in Go's words`() {
        let cases = [
            ("", #"time: invalid duration """#), ("300", #"time: missing unit in duration "300""#),
            ("3d", #"time: unknown unit "d" in duration "3d""#), (".", #"time: invalid duration ".""#),
            ("-", #"time: invalid duration "-""#), ("s", #"time: invalid duration "s""#),
            ("1h ", #"time: unknown unit "h " in duration "1h ""#), ("--1s", #"time: invalid duration "--1s""#),
            ("9223372036854775808ns", #"time: invalid duration "9223372036854775808ns""#),
            ("3000000h", #"time: invalid duration "3000000h""#),
            ("99999999999999999999s", #"time: invalid duration "99999999999999999999s""#),
        ]
        for (text, words) in cases {
            let error = #expect(throws: GoDurationError.self) { try GoDuration.parse(text) }
            #expect(error?.description == words)
        }
    }

    @Test func `durations are spelt as Go spells them`() throws {
        let cases: [(Duration, String)] = [
            (.zero, "0s"), (.nanoseconds(1), "1ns"), (.nanoseconds(825_619), "825.619µs"),
            (.microseconds(1100), "1.1ms"),
            (.milliseconds(2200), "2.2s"), (.seconds(90), "1m30s"), (.seconds(3600), "1h0m0s"),
            (.seconds(-300), "-5m0s"),
            (.seconds(7261) + .milliseconds(5), "2h1m1.005s"), (.nanoseconds(Int64.max), "2562047h47m16.854775807s"),
            (.seconds(Int64.max), "2562047h47m16.854775807s"), (.nanoseconds(-1500), "-1.5µs"),
        ]
        for (duration, text) in cases { #expect(GoDuration.format(duration) == text) }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let duration = Duration.nanoseconds(Int64.random(in: Int64.min + 1...Int64.max, using: &generator) >> 17)
            #expect(try GoDuration.parse(GoDuration.format(duration)) == duration)
        }
    }
}
