/// Takes the objects of a drive or a server out: to files, or to another server.
///
/// The versions of a key come one after another, the oldest first; several keys at once. A version is at the target for good
/// when it is reported; what is there already is known by what was written with it, so that the same export, made again,
/// goes on where it was or brings what has come since.
package struct Export: Sendable {
    package enum Scope: String, CaseIterable, Sendable {
        /// Of each key the newest version, if it is no delete marker.
        case latest
        /// Every version, and delete markers.
        case all
    }

    private let source: any ExportSource
    private let target: any ExportTarget
    private let scope: Scope

    package init(_ source: any ExportSource, to target: any ExportTarget, _ scope: Scope) {
        self.source = source
        self.target = target
        self.scope = scope
    }

    /// How often a key is looked at again when its target fails for a moment.
    private static let attempts = 4

    /// Exports the objects of a bucket.
    ///
    /// - Parameter prefix: what keys begin with.
    /// - Throws: what keeps anything more from being read or written, and what `report` does.
    package func run(
        bucket: String, prefix: String, report: (ExportItem) async throws -> Void
    ) async throws {
        if let obstacle = try await target.begin(bucket, isLocked: source.isLocked(bucket)) {
            return try await report(
                ExportItem(
                    bucket: bucket, key: prefix, version: nil, size: 0, outcome: .skipped(.refused, detail: obstacle)))
        }
        try await withThrowingTaskGroup(of: [ExportItem].self) { group in
            var running = 0
            func finishOne() async throws {
                guard let items = try await group.next() else { return }
                running -= 1
                for item in items { try await report(item) }
            }
            func start(_ versions: [ExportEntry]) async throws {
                let wanted = self.wanted(versions)
                guard !wanted.isEmpty else { return }
                while running >= target.parallel { try await finishOne() }
                running += 1
                group.addTask { try await items(of: wanted) }
            }
            var place: ExportPlace?
            // Versions of a key may stand on several pages.
            var key: [ExportEntry] = []
            repeat {
                let page = try await source.page(of: bucket, prefix: prefix, after: place)
                for entry in page.entries {
                    if let last = key.last, !last.key.utf8.elementsEqual(entry.key.utf8) {
                        try await start(key)
                        key = []
                    }
                    key.append(entry)
                }
                place = page.next
            } while place != nil
            try await start(key)
            while running > 0 { try await finishOne() }
        }
    }

    /// - Parameter versions: of a key, the newest first.
    /// - Returns: the oldest first.
    private func wanted(_ versions: [ExportEntry]) -> [ExportEntry] {
        switch scope {
        case .latest: versions.filter { $0.isLatest && !$0.isDeleteMarker }
        case .all: versions.reversed()
        }
    }

    private func items(of versions: [ExportEntry]) async throws -> [ExportItem] {
        var items: [Int: ExportItem] = [:]
        var attempt = 1
        while true {
            do {
                try await take(versions, &items)
                return versions.indices.compactMap { items[$0] }
            } catch let obstacle as ExportObstacle {
                for (index, entry) in versions.enumerated() where items[index] == nil {
                    items[index] = item(entry, .skipped(obstacle.reason, detail: obstacle.detail))
                }
                return versions.indices.compactMap { items[$0] }
            } catch {
                guard attempt < Self.attempts, target.isPassing(error) else { throw error }
                try await Task.sleep(for: .milliseconds(200 << attempt))
                attempt += 1
            }
        }
    }

    private func take(_ versions: [ExportEntry], _ items: inout [Int: ExportItem]) async throws {
        let present = try await target.present(versions)
        for (index, entry) in versions.enumerated() where items[index] == nil {
            try Task.checkCancellation()
            items[index] =
                switch present[index] {
                case .there: item(entry, .skipped(.present, detail: ""))
                case .barred(let obstacle): item(entry, .skipped(obstacle.reason, detail: obstacle.detail))
                case .missing: item(entry, try await write(entry))
                }
        }
    }

    private func write(_ entry: ExportEntry) async throws -> ExportOutcome {
        do {
            if entry.isDeleteMarker { return .exported(without: try await target.writeDeleteMarker(entry)) }
            let object = try await source.open(entry)
            var losses = try await target.write(object, entry)
            if object.description.hasAnnotations == true { losses.append(.annotations) }
            return .exported(without: losses)
        } catch let fault as ExportFault {
            return .skipped(ExportSkip(fault), detail: "\(fault)")
        } catch let obstacle as ExportObstacle {
            return .skipped(obstacle.reason, detail: obstacle.detail)
        }
    }

    private func item(_ entry: ExportEntry, _ outcome: ExportOutcome) -> ExportItem {
        ExportItem(bucket: entry.bucket, key: entry.key, version: entry.version, size: entry.size, outcome: outcome)
    }
}
