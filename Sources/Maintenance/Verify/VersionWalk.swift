import ObjectStorage
import SealedStorage

/// The part of a verification that goes through all versions, several at once.
struct VersionWalk {
    private let verification: Verification
    private let check: DriveCheck

    init(_ verification: Verification) {
        self.verification = verification
        check = verification.check
    }

    /// Versions of a page of the catalogue, and bytes of their records and bodies.
    private static let pageRows = 256
    private static let pageBytes = 4 << 20
    /// Versions that one task looks at, one after another, and bytes of their plaintext.
    private static let groupRows = 32
    private static let groupBytes: Int64 = 256 << 10
    /// What a version is taken for at least, in bytes that are read.
    private static let leastCost = 4096

    /// Some versions that follow each other.
    private struct Group: Sendable {
        var versions: [WalkedVersion] = []
        var bytes: Int64 = 0
        /// The row number before its first one.
        let before: Int64

        var isFull: Bool { versions.count >= groupRows || bytes >= groupBytes }
    }

    private struct Done: Sendable {
        let before: Int64
        let report: VerifyReport
    }

    /// What is under way, and what is done behind it: only what has nothing under way before it is told.
    private struct Progress {
        private struct Piece {
            let before: Int64
            /// `nil` while it is under way.
            var report: VerifyReport?
        }

        /// In the order of their rows; of pieces that are done, no two stand side by side.
        private var pieces: [Piece] = []
        private(set) var inFlight = 0
        var dispatched: Int64
        /// To be told.
        var report = VerifyReport()

        init(dispatched: Int64) { self.dispatched = dispatched }

        /// Everything up to this row number was looked at, and is in ``report`` or was told.
        var settled: Int64 { pieces.first?.before ?? dispatched }

        mutating func begin(before row: Int64) {
            pieces.append(Piece(before: row))
            inFlight += 1
        }

        mutating func settle(_ done: Done) {
            guard let index = pieces.firstIndex(where: { $0.before == done.before }) else { return }
            inFlight -= 1
            var all = done.report
            if index + 1 < pieces.count, let next = pieces[index + 1].report {
                all.add(next)
                pieces.remove(at: index + 1)
            }
            if index == 0 {
                report.add(all)
                pieces.removeFirst()
            } else if let previous = pieces[index - 1].report {
                var joined = previous
                joined.add(all)
                pieces[index - 1].report = joined
                pieces.remove(at: index)
            } else {
                pieces[index].report = all
            }
        }
    }

    func run(
        after row: Int64, _ tell: (VerifyReport, VerifyCursor) async throws -> Void
    ) async throws {
        let end = try await check.store.greatestVersionRow()
        let pages = RowPages(end: end, limit: Self.pageRows, number: \WalkedVersion.row) { [check] in
            try await check.store.walkVersions(after: $0, upTo: $1, limit: $2, bytes: Self.pageBytes)
        }
        try await withThrowingTaskGroup(of: Done.self) { tasks in
            var progress = Progress(dispatched: row)
            var told = ContinuousClock.now
            func dispatch(_ group: Group) async throws {
                while progress.inFlight >= verification.options.concurrency, let done = try await tasks.next() {
                    progress.settle(done)
                }
                progress.begin(before: group.before)
                tasks.addTask { try await look(at: group) }
            }
            var last = row
            while last < end {
                let page = try await pages.page(after: last)
                var group = Group(before: last)
                for version in page.rows {
                    group.versions.append(version)
                    group.bytes += max(0, min(version.found.version.columns.size, 1 << 40))
                    guard group.isFull else { continue }
                    try await dispatch(group)
                    group = Group(before: version.row)
                    progress.dispatched = version.row
                }
                if !group.versions.isEmpty { try await dispatch(group) }
                if let unreadable = page.unreadable { progress.report.add(DriveFinding(.damaged, .object, unreadable)) }
                last = page.last
                progress.dispatched = last
                if told.duration(to: .now) >= Verification.telling {
                    told = .now
                    try await tell(progress.report, VerifyCursor(.objects, row: progress.settled))
                    progress.report = VerifyReport()
                }
            }
            while let done = try await tasks.next() {
                progress.settle(done)
                guard told.duration(to: .now) >= Verification.telling else { continue }
                told = .now
                try await tell(progress.report, VerifyCursor(.objects, row: progress.settled))
                progress.report = VerifyReport()
            }
            try await tell(progress.report, VerifyCursor(.objects, row: progress.settled))
        }
    }

    private func look(at group: Group) async throws -> Done {
        var report = VerifyReport()
        for version in group.versions {
            try Task.checkCancellation()
            try await verification.options.admit(Self.leastCost)
            let outcome = try await verification.retrying {
                try await check.check(version, verification.depth)
            }
            report.parts += Int64(outcome.parts)
            report.add(outcome.findings)
            if version.found.version.columns.flags.contains(.deleteMarker) {
                report.deleteMarkers += 1
            } else if let proof = outcome.proof {
                report.objects += 1
                report.bytes += max(0, proof.size)
                report.add(EncryptionTally(proof))
            } else if !outcome.findings.isEmpty {
                // It is there, and cannot be told more of.
                report.objects += 1
            }
            version.found.lease?.release()
        }
        return Done(before: group.before, report: report)
    }
}
