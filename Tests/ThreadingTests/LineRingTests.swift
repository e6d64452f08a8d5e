import Testing
import Threading

@Suite struct LineRingTests {
    private typealias Ring = LineRing<Int>

    private func text(_ piece: Ring.Piece) -> String? {
        guard case .bytes(let bytes) = piece else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `those who follow get the lines that they want, in their order`() async {
        let ring = Ring(lines: 100, bytes: 1 << 20)
        ring.publish(Array("before\n".utf8), 0)
        var (all, some, old) = (ring.follow(), ring.follow(), ring.follow(last: 5))
        for number in 0..<10 { ring.publish(Array("\(number)\n".utf8), number) }
        let everything = await all.next(upTo: 1000, within: .seconds(1)) { _ in true }
        #expect(text(everything) == "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n")
        let even = await some.next(upTo: 1000, within: .seconds(1)) { $0 % 2 == 0 }
        #expect(text(even) == "0\n2\n4\n6\n8\n")
        let withOld = await old.next(upTo: 8, within: .seconds(1)) { _ in true }
        #expect(text(withOld)?.hasPrefix("before\n0\n") == true)
    }

    @Test func `who waits is woken, and hears that nothing has come`() async {
        let ring = Ring(lines: 100, bytes: 1 << 20)
        var follower = ring.follow()
        guard case .silence = await follower.next(upTo: 10, within: .milliseconds(20), where: { _ in true }) else {
            return Issue.record("something came")
        }
        async let line = { [follower] in
            var follower = follower
            return await follower.next(upTo: 10, within: .seconds(60)) { $0 == 7 }
        }()
        ring.publish(Array("no\n".utf8), 1)
        ring.publish(Array("yes\n".utf8), 7)
        #expect(text(await line) == "yes\n")
    }

    @Test func `who is too slow is told, and memory stays bounded`() async {
        let ring = Ring(lines: 8, bytes: 100)
        var slow = ring.follow()
        for number in 0..<20 { ring.publish([UInt8](repeating: UInt8(ascii: "x"), count: 30), number) }
        guard case .tooSlow = await slow.next(upTo: 1000, within: .seconds(1), where: { _ in true }) else {
            return Issue.record("lines that are gone were told")
        }
        var fresh = ring.follow(last: 100)
        #expect(text(await fresh.next(upTo: 1000, within: .seconds(1)) { _ in true })?.utf8.count == 90)
        // What is longer than all may be together is left out, and the rest stays.
        ring.publish([UInt8](repeating: 0, count: 101), 0)
        var again = ring.follow(last: 100)
        #expect(text(await again.next(upTo: 1000, within: .seconds(1)) { _ in true })?.utf8.count == 90)
    }

    @Test func `closing ends everybody, also those to come`() async {
        let ring = Ring(lines: 8, bytes: 100)
        var follower = ring.follow()
        async let ending = { [follower] in
            var follower = follower
            return await follower.next(upTo: 10, within: .seconds(60)) { _ in true }
        }()
        ring.close()
        guard case .closed = await ending else { return Issue.record("it goes on") }
        guard case .closed = await follower.next(upTo: 1, within: .seconds(60), where: { _ in true }) else {
            return Issue.record("it begins")
        }
    }

    @Test func `who is cancelled leaves nothing behind`() async {
        let ring = Ring(lines: 8, bytes: 100)
        let task = Task {
            var follower = ring.follow()
            return await follower.next(upTo: 10, within: .seconds(60)) { _ in true }
        }
        task.cancel()
        guard case .closed = await task.value else { return Issue.record("it was not cancelled") }
    }

    @Test func `a histogram counts each value once, in the range that it belongs to`() {
        let histogram = Histogram([10, 20])
        for value in [0, 10, 11, 20, 21, 1000] { histogram.record(value) }
        #expect(histogram.ranges == [2, 2, 2] && histogram.sum == 1062)
    }
}
