import Notation
import Testing

@Suite struct PrometheusTextTests {
    @Test func `labels are escaped, numbers are written as the format has them`() {
        var text = PrometheusText()
        text.begin("a_total", .counter, "One\nline with \\")
        text.sample([("label", "quote\" slash\\ line\n é")], 7)
        text.begin("b", .gauge, "B.")
        text.sample(0.5)
        text.sample([("x", "")], 1e20)
        text.sample([("x", "1")], -3.0)
        #expect(
            String(decoding: text.bytes, as: UTF8.self) == """
                # HELP a_total One\\nline with \\\\
                # TYPE a_total counter
                a_total{label="quote\\" slash\\\\ line\\n é"} 7
                # HELP b B.
                # TYPE b gauge
                b 0.5
                b{x=""} 1e+20
                b{x="1"} -3

                """)
    }

    @Test func `a histogram is cumulative and ends with everything`() {
        var text = PrometheusText()
        text.begin("h", .histogram, "H.")
        text.histogram([("l", "v")], bounds: [1, 2500], ranges: [1, 2, 3], sum: 10_000, unit: 1000)
        let lines = String(decoding: text.bytes, as: UTF8.self).split(separator: "\n").dropFirst(2)
        #expect(
            Array(lines) == [
                "h_bucket{l=\"v\",le=\"0.001\"} 1", "h_bucket{l=\"v\",le=\"2.5\"} 3", "h_bucket{l=\"v\",le=\"+Inf\"} 6",
                "h_sum{l=\"v\"} 10", "h_count{l=\"v\"} 6",
            ])
        #expect(text.families.map(\.labels) == [["l"]])
    }
}
