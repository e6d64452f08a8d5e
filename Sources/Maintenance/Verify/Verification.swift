import KeyManagement
import ObjectStorage
package import SealedStorage

/// Goes through everything at rest on a drive, and tells piece by piece what was looked at and found.
///
/// Nothing is loaded whole, and one damaged thing keeps nothing else from being looked at. Several bodies are read at once.
/// What is written meanwhile need not be met.
package struct Verification: Sendable {
    package struct Options: Sendable {
        /// Which share of the objects has all of its bytes read, of the others the first and the last package; 1 for all.
        package var share = 1.0
        /// Bodies that are read at once.
        package var concurrency = 4
        /// Whether SQLite is to look at the whole catalogue, and what it counts be counted, each in one snapshot of it: the
        /// log grows by what is written meanwhile.
        package var readsCatalogueWhole = true
        /// Waits until so many bytes may be read.
        package var admit: @Sendable (Int) async throws -> Void = { _ in }

        package init() {}
    }

    /// A piece of the work that is done.
    package struct Step: Codable, Sendable {
        /// What the piece was about; to be added to what others have told.
        package let report: VerifyReport
        /// Everything before it was looked at.
        package let cursor: VerifyCursor
        /// Versions that there are, delete markers among them, and their bytes: for a bar.
        package let totalVersions: Int64
        package let totalBytes: Int64
    }

    /// The key service is away: what was looked at is told, and the rest is for later.
    package struct KeyServiceAway: Error, CustomStringConvertible {
        package let cause: String
        package var description: String { cause }
    }

    private let drive: SealedDrive
    let check: DriveCheck
    let options: Options

    package init(_ drive: SealedDrive, _ options: Options = Options()) {
        self.drive = drive
        self.options = options
        check = DriveCheck(drive, admit: options.admit)
    }

    /// - Parameter tell: is given each piece as it is done, and may throw to end the work.
    /// - Throws: ``KeyServiceAway``, `StorageError.closed`, `CancellationError`, what `tell` throws.
    package func run(
        from cursor: VerifyCursor = .beginning, tell: (Step) async throws -> Void
    ) async throws {
        let total = try await drive.buckets.usageOfAll().total
        func tellStep(_ report: VerifyReport, _ cursor: VerifyCursor) async throws {
            try await tell(
                Step(
                    report: report, cursor: cursor, totalVersions: total.versions + total.deleteMarkers,
                    totalBytes: total.bytes))
        }
        var cursor = cursor
        while true {
            var report: VerifyReport
            do {
                report = try await run(cursor, tellStep)
            } catch let error as StorageError where error.isCorrupt {
                // A page of the catalogue: what this part has not come to is named, and the other parts are looked at.
                report = VerifyReport()
                report.add(DriveFinding(.damaged, .catalogue, "\(cursor.phase.rawValue): \(error)"))
                report.skipped.append("\(cursor.phase.rawValue), behind what the catalogue could not give")
            } catch KeyServiceError.unavailable(let cause) {
                throw KeyServiceAway(cause: cause)
            }
            // With the place behind it, so that who goes on from there counts nothing twice.
            let next = cursor.phase.next.map { VerifyCursor($0) }
            try await tellStep(report, next ?? cursor)
            guard let next else { return }
            cursor = next
        }
    }

    /// How often is told how far it has come.
    static let telling = Duration.milliseconds(500)

    /// - Returns: what was not told yet.
    private func run(
        _ cursor: VerifyCursor, _ tell: (VerifyReport, VerifyCursor) async throws -> Void
    ) async throws -> VerifyReport {
        var report = VerifyReport()
        switch cursor.phase {
        case .structure:
            if options.readsCatalogueWhole {
                report.add(try await check.checkStructure())
            } else {
                report.skipped.append("the structure of the catalogue, which is for a stopped server")
            }
        case .records:
            let (findings, count) = try await check.checkRecords()
            report.records = Int64(count)
            report.add(findings)
        case .history: try await walkHistory(after: cursor.row, tell)
        case .objects: try await VersionWalk(self).run(after: cursor.row, tell)
        case .uploads: try await walkUploads(after: cursor.row, tell)
        case .files:
            for directory in try await check.store.blobDirectories() {
                try Task.checkCancellation()
                // A directory of some thousand names, and as many entries of indexes.
                try await options.admit(256 << 10)
                let (findings, count) = try await check.checkFiles(in: directory)
                report.files += Int64(count)
                report.add(findings)
            }
        case .counts:
            if options.readsCatalogueWhole {
                report.add(try await check.checkCounts())
            } else {
                report.skipped.append("references and usage, counted anew, which is for a stopped server")
            }
        }
        return report
    }

    /// Parts of the history between two words of how far it has come.
    private static let partsAtOnce = 16

    private func walkHistory(
        after row: Int64, _ tell: (VerifyReport, VerifyCursor) async throws -> Void
    ) async throws {
        guard check.store.hasOpenHistory else {
            var report = VerifyReport()
            report.skipped.append("whether records are those that were committed last")
            return try await tell(report, VerifyCursor(.history, row: row))
        }
        var last = row - 1
        while let page = try await check.store.historyParts(after: last, limit: Self.partsAtOnce) {
            var report = VerifyReport()
            for part in page.parts {
                try Task.checkCancellation()
                // The rows of some thousand versions.
                try await options.admit(2 << 20)
                report.add(try await check.check(part))
            }
            last = page.last
            try await tell(report, VerifyCursor(.history, row: last + 1))
        }
        var report = VerifyReport()
        report.add(try await check.checkSums())
        try await tell(report, VerifyCursor(.history, row: last + 1))
    }

    /// Uploads that are in memory at once.
    private static let uploadsAtOnce = 64

    private func walkUploads(
        after row: Int64, _ tell: (VerifyReport, VerifyCursor) async throws -> Void
    ) async throws {
        let end = try await check.store.greatestUploadRow()
        let pages = RowPages(end: end, limit: Self.uploadsAtOnce, number: \WalkedUpload.row) { [check] in
            try await check.store.walkUploads(after: $0, upTo: $1, limit: $2)
        }
        var last = row
        while last < end {
            let page = try await pages.page(after: last)
            var report = VerifyReport()
            for upload in page.rows {
                let outcome = try await retrying { try await check.check(upload, depth) }
                report.uploads += 1
                report.parts += Int64(outcome.parts)
                report.add(outcome.findings)
            }
            if let unreadable = page.unreadable { report.add(DriveFinding(.damaged, .upload, unreadable)) }
            last = page.last
            try await tell(report, VerifyCursor(.uploads, row: last))
        }
    }

    /// How much of the next body is read.
    var depth: ContentDepth { options.share >= 1 || Double.random(in: 0..<1) < options.share ? .everything : .edges }

    /// How often is tried what the key service keeps from being looked at, a second apart.
    private static let attempts = 5

    func retrying<R>(_ work: () async throws -> R) async throws -> R {
        for _ in 1..<Self.attempts {
            do {
                return try await work()
            } catch KeyServiceError.unavailable {
                try await Task.sleep(for: .seconds(1))
            }
        }
        return try await work()
    }
}
