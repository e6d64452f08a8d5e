package import KeyManagement
import ObjectStorage

/// Moves every data key of the drive, the catalogue key too, under another key of the key service.
///
/// Each is opened, wrapped again and put in the place of its old wrapping, one by one: objects are not touched, requests
/// go on meanwhile, and what an interrupted move has not reached, the next one does.
package struct DataKeyRewrap: Sendable {
    package struct Progress: Sendable {
        /// Data keys that were looked at, and how many there are.
        package fileprivate(set) var examined: Int
        package fileprivate(set) var total: Int
        /// Those that had to move and did.
        package fileprivate(set) var moved: Int
    }

    package struct Outcome: Sendable {
        package let moved: Int
        /// Other keys that still wrap data keys, because requests made more meanwhile.
        package let left: [(kmsKey: String, count: Int)]
    }

    private static let rounds = 3
    private static let pageSize = 256
    private static let concurrency = 16

    private let dataKeys: DataKeys
    private let target: KeyID

    package init(_ dataKeys: DataKeys, to target: KeyID) {
        self.dataKeys = dataKeys
        self.target = target
    }

    /// Runs to the end, or throws at the first data key that cannot be opened or wrapped.
    ///
    /// - Parameter report: is told the progress after every page.
    package func run(report: (Progress) async throws -> Void) async throws -> Outcome {
        let store = dataKeys.store
        // Also finds a target that does not exist, or may not be used, before anything has moved.
        if let catalogueKey = try CatalogueKey.stored(in: store) {
            _ = try await catalogueKey.moved(to: target, in: store, service: dataKeys.service)
        }
        let total = try store.kmsKeysInUse().reduce(0) { $0 + $1.count }
        var progress = Progress(examined: 0, total: total, moved: 0)
        var left: [(kmsKey: String, count: Int)] = []
        // Requests that go on meanwhile may make keys under an old one where a round has been already.
        for _ in 0..<Self.rounds {
            try await round(&progress, report)
            left = try store.kmsKeysInUse().filter { $0.kmsKey != target.name }
            if left.isEmpty { break }
        }
        return Outcome(moved: progress.moved, left: left)
    }

    private func round(_ progress: inout Progress, _ report: (Progress) async throws -> Void) async throws {
        progress.examined = 0
        var last: DataKeyID?
        while true {
            let page = try dataKeys.store.dataKeys(after: last, limit: Self.pageSize)
            guard let end = page.last else { return }
            progress.moved += try await move(page)
            progress.examined += page.count
            progress.total = max(progress.total, progress.examined)
            last = end.id
            try await report(progress)
        }
    }

    private func move(_ page: [DataKeyRow]) async throws -> Int {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            var moved = 0
            for (index, row) in page.enumerated() {
                if index >= Self.concurrency, try await group.next() == true { moved += 1 }
                group.addTask { try await self.move(row) }
            }
            for try await hasMoved in group where hasMoved { moved += 1 }
            return moved
        }
    }

    private func move(_ row: DataKeyRow) async throws -> Bool {
        if row.kmsKey == target.name {
            let isDone = try await !dataKeys.service.isOfFormerService(
                row.wrapped, under: target, context: DataKeys.context(of: row))
            if isDone { return false }
        }
        return try await dataKeys.move(row, to: target)
    }
}
