/// A commit of the drive's history.
package struct HistoryPoint: Hashable, Sendable {
    package let commits: Int64
    /// Another one for every past.
    package let chain: RowCode
}

/// What the last row of the table of sums says, sealed.
struct HistoryHead: Hashable, Sendable {
    /// Commits that have changed covered records.
    var commits: Int64
    /// Over the rows of the table of sums.
    var total = RowSum()
    var chain: RowCode
    /// When it was committed: milliseconds since 1970.
    var time: Int64 = 0
    /// Versions up to this row number are summed; the greatest number when all are, and all that are to come.
    var summed: Int64
    /// Commits that an anchor may be of, the latest last.
    var marks: [HistoryPoint] = []

    static let mostMarks = 4
    private static let format: UInt8 = 1

    var point: HistoryPoint { HistoryPoint(commits: commits, chain: chain) }

    /// Whether this state has come from that commit, as far as it knows.
    func descends(from point: HistoryPoint) -> Bool { point == self.point || marks.contains(point) }

    var encoded: [UInt8] {
        let room = 90 + marks.count * 40
        return [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            var output = BigEndianOutput(UnsafeMutableRawBufferPointer(buffer))
            output.put(Self.format)
            output.put(commits)
            output.put(total.encoded)
            output.put(chain)
            output.put(time)
            output.put(summed)
            output.put(UInt8(marks.count))
            for mark in marks {
                output.put(mark.commits)
                output.put(mark.chain)
            }
            count = output.count
        }
    }

    init(commits: Int64, chain: RowCode, summed: Int64) {
        self.commits = commits
        self.chain = chain
        self.summed = summed
    }

    init?(decoding bytes: [UInt8]) {
        var input = BigEndianInput(bytes)
        guard input.next() as UInt8? == Self.format, let commits = input.next() as Int64?, let total = input.code(),
            let chain = input.code(), let time = input.next() as Int64?, let summed = input.next() as Int64?,
            let count = input.next() as UInt8?, count <= Self.mostMarks
        else { return nil }
        self.init(commits: commits, chain: chain, summed: summed)
        self.total = RowSum(decoding: total)
        self.time = time
        for _ in 0..<count {
            guard let commits = input.next() as Int64?, let chain = input.code() else { return nil }
            marks.append(HistoryPoint(commits: commits, chain: chain))
        }
        guard input.isAtEnd else { return nil }
    }
}
