import Testing
import Threading

@Suite struct SecondChanceCacheTests {
    private func evicted(_ cache: inout SecondChanceCache<Int, Int>, _ keys: some Sequence<Int>) -> [Int] {
        keys.flatMap { cache.insert($0, for: $0) }
    }

    @Test func `what was used stays, what was not makes room`() {
        var cache = SecondChanceCache<Int, Int>(capacity: 8)
        #expect(evicted(&cache, 0..<8) == [])
        for key in 8..<200 {
            #expect(cache.use(3) == 3)
            #expect(evicted(&cache, [key]).count == 1)
            #expect(cache.count == 8 && cache.peek(key) == key)
        }
        #expect(cache.peek(3) == 3)
    }

    @Test func `where all were used one goes all the same`() {
        var cache = SecondChanceCache<Int, Int>(capacity: 1000)
        _ = evicted(&cache, 0..<1000)
        for key in 0..<1000 { _ = cache.use(key) }
        #expect(evicted(&cache, [1000]).count == 1)
        #expect(cache.count == 1000 && cache.peek(1000) == 1000)
    }

    @Test func `a look is not a use`() {
        var cache = SecondChanceCache<Int, Int>(capacity: 2)
        _ = evicted(&cache, [0, 1])
        for key in 2..<20 {
            _ = cache.peek(0)
            _ = cache.insert(key, for: key)
        }
        #expect(cache.peek(0) == nil)
    }

    @Test func `entries are weighed, and one that is too heavy is not kept`() {
        var cache = SecondChanceCache<String, Int>(capacity: 100)
        #expect(cache.insert(1, for: "a", cost: 60).isEmpty)
        #expect(cache.insert(2, for: "b", cost: 40).isEmpty)
        #expect(cache.insert(3, for: "c", cost: 90).sorted() == [1, 2])
        #expect(cache.cost == 90 && cache.count == 1)
        #expect(cache.insert(4, for: "d", cost: 101) == [4])
        #expect(cache.peek("c") == 3)
        #expect(cache.insert(5, for: "c", cost: 10).isEmpty)
        #expect(cache.cost == 10 && cache.peek("c") == 5)
    }

    @Test func `a capacity of zero keeps nothing`() {
        var cache = SecondChanceCache<Int, Int>(capacity: 0)
        #expect(cache.insert(1, for: 1) == [1])
        #expect(cache.count == 0)
    }

    @Test func `values are changed in place and removed by key`() {
        var cache = SecondChanceCache<Int, Int>(capacity: 4)
        _ = evicted(&cache, 0..<4)
        #expect(cache.use(1) { $0 += 10 } != nil)
        #expect(cache.use(9) { $0 += 10 } == nil)
        #expect(cache.remove(0) == 0)
        #expect(cache.remove(0) == nil)
        #expect(cache.peek(1) == 11 && cache.peek(2) == 2 && cache.peek(3) == 3)
        #expect(cache.count == 3 && cache.cost == 3)
        cache.removeAll()
        #expect(cache.count == 0 && cache.cost == 0 && cache.peek(1) == nil)
    }

    @Test func `all entries are looked at in portions, also while others go`() {
        var cache = SecondChanceCache<Int, Int>(capacity: 100)
        _ = evicted(&cache, 0..<100)
        var position = Int.max
        var portions = 0
        repeat {
            position = cache.removeSome(below: position, limit: 7) { key, _ in !key.isMultiple(of: 3) }
            portions += 1
            cache.remove(portions * 3)
        } while position > 0
        #expect(portions >= 8)
        #expect((0..<100).filter { cache.peek($0) != nil }.allSatisfy { $0.isMultiple(of: 3) })
        #expect(cache.count == 34 - min(33, portions))
    }
}
