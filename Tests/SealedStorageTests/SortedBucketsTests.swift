import SealedStorage
import Testing

@Suite struct SortedBucketsTests {
    private func names(_ buckets: SortedBuckets) -> [String] { buckets.page(limit: .max).buckets.map(\.name) }

    @Test func `pages follow the bytes of the names`() {
        let buckets = SortedBuckets(["b.a", "b-a", "ba0", "b0a", "aaa"].map { ListedBucket(name: $0, created: 0) })
        #expect(names(buckets) == ["aaa", "b-a", "b.a", "b0a", "ba0"])
        let first = buckets.page(limit: 2)
        #expect((first.buckets.map(\.name), first.isTruncated) == (["aaa", "b-a"], true))
        let last = buckets.page(after: "b-a", limit: 3)
        #expect((last.buckets.map(\.name), last.isTruncated) == (["b.a", "b0a", "ba0"], false))
        #expect(buckets.page(after: "b.", prefix: "b", limit: 9).buckets.map(\.name) == ["b.a", "b0a", "ba0"])
        #expect(buckets.page(prefix: "b-", limit: 9).buckets.map(\.name) == ["b-a"])
        #expect(!buckets.page(prefix: "aaa", limit: 1).isTruncated)
        #expect(buckets.page(prefix: "c", limit: 1).buckets.isEmpty)
        #expect(buckets.page(after: "zzz", limit: 1).buckets.isEmpty)
        #expect(SortedBuckets([]).page(limit: 1).buckets.isEmpty)
    }

    @Test func `changes keep the order through any number of pieces`() {
        var generator = SystemRandomNumberGenerator()
        var buckets = SortedBuckets([])
        var expected: Set<String> = []
        for step in 0..<6000 {
            let name = "bucket-\(Int.random(in: 0..<4000, using: &generator))"
            if step.isMultiple(of: 3) {
                buckets.remove(name)
                expected.remove(name)
            } else {
                buckets.insert(ListedBucket(name: name, created: Int64(step)))
                expected.insert(name)
            }
        }
        #expect(names(buckets) == expected.sorted())
        let again = SortedBuckets(buckets.page(limit: .max).buckets.shuffled())
        #expect(names(again) == expected.sorted())
        var paged: [String] = []
        while true {
            let page = buckets.page(after: paged.last, limit: 700)
            paged += page.buckets.map(\.name)
            if !page.isTruncated { break }
        }
        #expect(paged == expected.sorted())
        for name in expected { buckets.remove(name) }
        #expect(names(buckets).isEmpty)
    }
}
