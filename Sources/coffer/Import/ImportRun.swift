import AdminService
import KeyManagement
import Maintenance
import MinIODrive
import ObjectStorage
import Requests
import S3Protocol
import SealedStorage

/// One import, told of on the terminal and in a report.
struct ImportRun {
    private let source: MinIODrive
    private let keys: DriveKeySource
    private let target: ImportTarget
    private let isDry: Bool
    private let report: JSONLinesFile?
    /// Waits until so many bytes may be read.
    private let admit: @Sendable (Int) async throws -> Void
    private var counts = ImportCounts()
    /// What stays behind besides versions: settings, users.
    private var left: [String] = []
    private var bar = ProgressBar { done, _ in "\(done) versions" }

    init(
        _ command: ImportMinIOCommand, _ source: MinIODrive, _ keys: DriveKeySource, _ target: ImportTarget
    ) throws(StartFailure) {
        self.source = source
        self.keys = keys
        self.target = target
        isDry = command.dryRun
        let rate = command.rate.flatMap(ByteCount.parse)
        admit = { [limit = ReadRate({ rate })] count in try await limit.admit(count) }
        report = if let path = command.report { try JSONLinesFile(path) } else { nil }
    }

    mutating func perform() async throws {
        for name in try source.buckets() { try await importBucket(name) }
        try await importIdentities()
        let uploads = try source.unfinishedUploads()
        if uploads > 0 { writeLine("\(uploads) multipart uploads were not completed and stay behind") }
    }

    private mutating func importBucket(_ name: String) async throws {
        let bucket: ImportedBucket
        do {
            let bucketName = try BucketName(name)
            guard !BucketName.reserved.contains(name) else { throw S3Error(.allAccessDisabled) }
            bucket = ImportedBucket(bucketName, try await source.settings(of: name, keys))
        } catch {
            left.append("bucket \(name): \((error as? S3Error)?.message ?? "\(error)")")
            return
        }
        if !isDry { try await bucket.make(on: target.drive) }
        let run = MinIOImport(source, keys, to: target.drive, isDry: isDry, admit: admit)
        try await run.run(bucket: name) { item in
            counts.note(item)
            try report?.write(TransferReportLine(item))
            bar.advance(by: 1)
        }
        let refused = isDry ? bucket.refusals() : try await bucket.set(on: target.drive)
        left += refused.map { "bucket \(name): \($0.setting): \($0.reason)" }
    }

    private mutating func importIdentities() async throws {
        let (documents, faults) = try await source.identityDocuments(keys)
        let identities = ImportedIdentities(documents)
        left += faults.map { "\($0.key): \($0.value)" }.sorted()
        left += identities.faults.map { "\($0.name): \($0.reason)" }
        guard !isDry, !identities.files.isEmpty else { return }
        let (taken, refused) = try await IdentityTransfer.take(
            identities.files, into: target.accounts, at: Clock.milliseconds())
        left += refused.map { "\($0.name): \($0.reason)" }
        writeLine("\(taken) users, groups, policies, access keys and attachments imported")
    }

    /// Ends the report and shows the table; true when nothing stays behind.
    mutating func finish() -> Bool {
        bar.end()
        do { try report?.close() } catch { left.append(error.reason) }
        var table = TextTable("VERSIONS", "")
        table.add("\(counts.found)", "found")
        table.add(
            "\(counts.imported)", (isDry ? "would be imported" : "imported") + " (\(ByteCount.text(counts.bytes)))")
        if counts.updated > 0 { table.add("\(counts.updated)", "brought up to date: tags, retention or holds") }
        for reason in ImportSkip.allCases {
            if let count = counts.skipped[reason] { table.add("\(count)", "skipped: \(reason.rawValue)") }
        }
        table.print()
        for what in left { print("stays behind: \(TerminalText.shown(what))") }
        return counts.isWhole && left.isEmpty
    }
}
