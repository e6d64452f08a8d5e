import S3Protocol
import Testing

@Suite struct `Byte ranges` {
    @Test(
        arguments: [
            ("bytes=0-9", .slice(0..<10)), ("bytes=90-", .slice(90..<100)), ("bytes=-5", .slice(95..<100)),
            ("bytes=99-99", .slice(99..<100)), ("bytes=0-0", .slice(0..<1)),
            ("bytes=50-1000", .slice(50..<100)), ("bytes=-1000", .slice(0..<100)),
            ("bytes=0-99999999999999999999999", .slice(0..<100)), ("bytes=-99999999999999999999999", .slice(0..<100)),
            ("Bytes=0-9", .slice(0..<10)), ("bytes= 0-9 ", .slice(0..<10)),
            ("bytes=100-", .unsatisfiable), ("bytes=100-200", .unsatisfiable), ("bytes=-0", .unsatisfiable),
            ("bytes=99999999999999999999999-", .unsatisfiable),
            ("bytes=0-1,3-4", .whole), ("bytes=9-0", .whole), ("bytes=", .whole), ("bytes=-", .whole),
            ("bytes=a-b", .whole),
            ("bytes=1", .whole), ("bytes=--1", .whole), ("bytes=1-2-3", .whole), ("bytes=+1-2", .whole),
            ("items=0-9", .whole),
            ("bytes 0-9", .whole), ("", .whole), ("0-9", .whole), ("bytes=0x1-2", .whole), ("bytes=٣-٤", .whole),
        ] as [(String, RangeOutcome)])
    func `of a hundred bytes`(_ header: String, _ outcome: RangeOutcome) {
        #expect(RangeOutcome.of(header, size: 100) == outcome)
    }

    @Test(arguments: ["bytes=0-", "bytes=0-0", "bytes=-0"])
    func `of an empty object are unsatisfiable`(_ header: String) {
        #expect(RangeOutcome.of(header, size: 0) == .unsatisfiable)
    }

    @Test func `that are absent serve everything`() {
        #expect(RangeOutcome.of(nil, size: 0) == .whole)
    }

    @Test func `of the last bytes of an empty object serve its nothing`() {
        #expect(RangeOutcome.of("bytes=-5", size: 0) == .whole)
    }

    @Test func `that are unsatisfiable are answered with what there is`() {
        let error = ByteRange.unsatisfiable("bytes=5-", size: 3)
        #expect(error.status == 416)
        #expect(error.details.map(\.name) == ["ActualObjectSize", "RangeRequested"])
        #expect(error.details.map(\.value) == ["3", "bytes=5-"])
        #expect(error.headers.map(\.value) == ["bytes */3"])
        #expect(ByteRange.contentRange(0..<3, size: 10) == "bytes 0-2/10")
    }

    @Test func `of a copy's source must lie in it`() throws {
        #expect(try ByteRange.copySource("bytes=0-9", size: 10) == 0..<10)
        for header in ["bytes=0-10", "bytes=0-", "bytes=-5", "0-9", "bytes=3-2"] {
            #expect(throws: S3Error(.invalidArgument)) { try ByteRange.copySource(header, size: 10) }
        }
    }
}
