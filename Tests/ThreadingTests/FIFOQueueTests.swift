import Testing
import Threading

@Suite struct FIFOQueueTests {
    @Test func `what comes first goes first, across the cuts of the memory behind it`() {
        var queue = FIFOQueue<Int>()
        var next = 0
        for round in 0..<50 {
            for number in 0..<20 { queue.append(round * 20 + number) }
            for _ in 0..<(round.isMultiple(of: 2) ? 5 : 30) {
                guard let taken = queue.popFirst() else { continue }
                #expect(taken == next)
                next += 1
            }
            #expect(queue.count == (round + 1) * 20 - next)
        }
        #expect(queue.first == next)
        while queue.popFirst() != nil { next += 1 }
        #expect(next == 1000 && queue.isEmpty && queue.first == nil)
    }

    @Test func `what was taken is let go`() {
        final class Thing {}
        var queue = FIFOQueue<Thing>()
        queue.append(Thing())
        queue.append(Thing())
        weak let first = queue.first
        _ = queue.popFirst()
        #expect(first == nil && queue.count == 1)
    }
}
