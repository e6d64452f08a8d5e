/// What a listing shows of a bucket.
package struct ListedBucket: Sendable {
    package let name: String
    /// Milliseconds since 1970.
    package let created: Int64

    package init(name: String, created: Int64) {
        self.name = name
        self.created = created
    }
}

/// Buckets in the byte order of their names, in pieces of some hundred: neither a new bucket nor a page of a listing costs
/// a walk over all of them, and who reads an older value keeps at most a piece from being changed in place.
package struct SortedBuckets: Sendable {
    /// A piece that grows beyond this is cut in two.
    static let maximumPiece = 1024

    /// Pieces in the order of their names; no piece is empty.
    private var pieces: [[ListedBucket]] = []

    /// - Parameter buckets: in any order; every name once.
    package init(_ buckets: some Sequence<ListedBucket>) {
        let sorted = buckets.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        for start in stride(from: 0, to: sorted.count, by: Self.maximumPiece / 2) {
            pieces.append(Array(sorted[start..<min(start + Self.maximumPiece / 2, sorted.count)]))
        }
    }

    /// Puts a bucket into its place, or into that of the one with its name.
    package mutating func insert(_ bucket: ListedBucket) {
        guard !pieces.isEmpty else { return pieces = [[bucket]] }
        let place = firstPlace { $0.utf8.lexicographicallyPrecedes(bucket.name.utf8) }
        let piece = min(place.piece, pieces.count - 1)
        let offset = place.piece == piece ? place.offset : pieces[piece].count
        if offset < pieces[piece].count, pieces[piece][offset].name == bucket.name {
            pieces[piece][offset] = bucket
            return
        }
        pieces[piece].insert(bucket, at: offset)
        if pieces[piece].count > Self.maximumPiece {
            let half = pieces[piece].count / 2
            pieces.insert(Array(pieces[piece][half...]), at: piece + 1)
            pieces[piece].removeSubrange(half...)
        }
    }

    package mutating func remove(_ name: String) {
        let place = firstPlace { $0.utf8.lexicographicallyPrecedes(name.utf8) }
        guard place.piece < pieces.count, pieces[place.piece][place.offset].name == name else { return }
        pieces[place.piece].remove(at: place.offset)
        if pieces[place.piece].isEmpty { pieces.remove(at: place.piece) }
    }

    /// Up to `limit` buckets behind the name `after` whose names begin with `prefix`, and whether more follow.
    package func page(
        after: String? = nil, prefix: String = "", limit: Int
    ) -> (buckets: [ListedBucket], isTruncated: Bool) {
        var place = firstPlace { name in
            if let after, !after.utf8.lexicographicallyPrecedes(name.utf8) { return true }
            return name.utf8.lexicographicallyPrecedes(prefix.utf8)
        }
        var buckets: [ListedBucket] = []
        while place.piece < pieces.count {
            let bucket = pieces[place.piece][place.offset]
            guard bucket.name.utf8.starts(with: prefix.utf8) else { break }
            guard buckets.count < limit else { return (buckets, true) }
            buckets.append(bucket)
            place.offset += 1
            if place.offset == pieces[place.piece].count { place = (place.piece + 1, 0) }
        }
        return (buckets, false)
    }

    /// Where the first name stands that is not before a place, by two binary searches; behind the last piece if none is.
    private func firstPlace(_ isBefore: (String) -> Bool) -> (piece: Int, offset: Int) {
        let piece = Self.firstIndex(below: pieces.count) { index in
            pieces[index].last.map { isBefore($0.name) } ?? true
        }
        guard piece < pieces.count else { return (piece, 0) }
        return (piece, Self.firstIndex(below: pieces[piece].count) { isBefore(pieces[piece][$0].name) })
    }

    private static func firstIndex(below count: Int, _ isBefore: (Int) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
