import ObjectStorage

/// Pages of rows in the order of their numbers, of a table of which some may be unreadable.
struct RowPages<Row> {
    struct Page {
        var rows: [Row] = []
        /// The row number up to which everything was read, or told to be unreadable.
        let last: Int64
        /// Which rows behind the page cannot be read, and why.
        var unreadable: String?
    }

    /// The greatest row number.
    let end: Int64
    /// Rows of a page.
    let limit: Int
    let number: (Row) -> Int64
    /// The rows behind a number up to another one, so many of them at most.
    let read: (_ after: Int64, _ upTo: Int64, _ limit: Int) async throws -> [Row]

    /// - Throws: what keeps everything from being read.
    func page(after row: Int64) async throws -> Page {
        var limit = limit
        while true {
            do {
                let rows = try await read(row, end, limit)
                return Page(rows: rows, last: rows.last.map(number) ?? end)
            } catch let error as StorageError {
                guard error.isOfRows else { throw error }
                // What comes before the damage, then the damage.
                guard limit == 1 else {
                    limit /= 4
                    continue
                }
                let next = try await readable(behind: row)
                return Page(last: next, unreadable: "rows \(row + 1) to \(next) of the catalogue: \(error)")
            }
        }
    }

    /// The least number that rows can be read behind, some steps of halving exactly.
    private func readable(behind row: Int64) async throws -> Int64 {
        var (low, step) = (row, Int64(1))
        // Unreadable behind `low`.
        while true {
            let (next, isOver) = low.addingReportingOverflow(step)
            guard !isOver, next < end else { return end }
            if try await isReadable(behind: next) { break }
            low = next
            step = step > Int64.max / 2 ? step : step * 2
        }
        var high = low + step
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if try await isReadable(behind: middle) { high = middle } else { low = middle }
        }
        return high
    }

    private func isReadable(behind row: Int64) async throws -> Bool {
        do {
            _ = try await read(row, end, 1)
            return true
        } catch let error as StorageError {
            guard error.isOfRows else { throw error }
            return false
        }
    }
}

extension StorageError {
    /// Whether it may be that of some pages of the catalogue.
    fileprivate var isOfRows: Bool {
        switch self {
        case .corrupt, .database: true
        default: false
        }
    }
}
