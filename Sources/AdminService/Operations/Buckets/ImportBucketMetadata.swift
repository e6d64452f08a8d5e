import AccessPolicy
import KeyManagement
import Requests
import S3Protocol
import SealedStorage

/// Sets buckets as an archive says, and makes those that are not there: `mc admin cluster bucket import`.
///
/// Each bucket is changed in one commit. What cannot be set is told of, and keeps nothing else from being set.
enum ImportBucketMetadata: AdminOperation {
    static let routes = ["PUT /minio/admin/v3/import-bucket-metadata"]
    static let optional = ["bucket"]
    static let body = AdminBody.archive(limit: 32 << 20)

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.importBucketMetadata) }

    /// Bytes of all files together, and how many there may be.
    private static let longestContents = 64 << 20
    private static let mostFiles = 100_000

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let archive: ZIPArchive
        do throws(ZIPArchive.Malformed) {
            archive = try ZIPArchive(request.body, limit: longestContents, mostEntries: mostFiles)
        } catch {
            throw S3Error(.invalidRequest, "The archive cannot be read: \(error.reason).")
        }
        let wanted = request.nonEmpty("bucket")
        var files: [String: [(setting: BucketSetting, entry: ZIPArchive.Entry)]] = [:]
        for entry in archive.entries {
            let parts = entry.name.split(separator: "/")
            guard parts.count == 2, let name = parts.first, let file = parts.last,
                wanted == nil || wanted == String(name),
                // Replication goes nowhere from here: what an archive says of it is not set, and not told of either.
                let setting = BucketSetting(rawValue: String(file))
            else { continue }
            files[String(name), default: []].append((setting, entry))
        }
        var reports: [String: BucketReport] = [:]
        for (name, settings) in files.sorted(by: { $0.key < $1.key }) {
            reports[name] = await importBucket(name, settings, archive, request, context)
        }
        let buckets = reports
        try await reply.send(["buckets": buckets])
    }

    private static func importBucket(
        _ name: String, _ settings: [(setting: BucketSetting, entry: ZIPArchive.Entry)], _ archive: ZIPArchive,
        _ request: AdminRequest, _ context: AdminContext
    ) async -> BucketReport {
        var report = BucketReport()
        let buckets = context.drive.buckets
        do {
            let bucketName = try BucketName(name)
            guard !BucketName.reserved.contains(name) else { throw S3Error(.allAccessDisabled) }
            var changes: [(BucketSetting, @Sendable (inout BucketRecord) throws -> Void)] = []
            for setting in BucketSetting.allCases {
                guard let entry = settings.last(where: { $0.setting == setting })?.entry else { continue }
                do {
                    // An archive has them from a server of whoever has the right; they are read off the event loop.
                    let change = try await context.drive.offload {
                        let document = try archive.contents(of: entry)
                        guard document.count <= BucketSetting.longestDocument else { throw S3Error(.entityTooLarge) }
                        return try setting.change(
                            document, of: bucketName, webhooks: Set(context.facts.webhooks),
                            region: context.facts.region, at: request.time)
                    }
                    if case .encryption = setting { try await requireKey(change, context) }
                    changes.append((setting, change))
                } catch {
                    report.settings[setting.reportName] = .init(isSet: false, error: message(error))
                }
            }
            if buckets.bucket(named: name) == nil { try await buckets.create(bucketName, at: request.time) }
            let bucket = try buckets.bucket(bucketName)
            var outcomes: [String: BucketReport.Setting] = [:]
            try await buckets.update(bucket) { record in
                outcomes = [:]
                for (setting, change) in changes {
                    var changed = record
                    do {
                        try change(&changed)
                        record = changed
                        outcomes[setting.reportName] = .init(isSet: true, error: nil)
                    } catch {
                        outcomes[setting.reportName] = .init(isSet: false, error: message(error))
                    }
                }
            }
            report.settings.merge(outcomes) { _, new in new }
        } catch {
            report.error = message(error)
        }
        return report
    }

    /// A key that does not exist is refused here, not at every later write.
    private static func requireKey(
        _ change: (inout BucketRecord) throws -> Void, _ context: AdminContext
    ) async throws {
        var record = BucketRecord()
        try change(&record)
        guard let name = record.encryption?.algorithm?.keyID else { return }
        guard try await context.drive.keys.service.hasKey(KeyID(name)) else { throw KeyServiceError.keyNotFound(name) }
    }

    private static func message(_ error: any Error) -> String {
        if let error = error as? ZIPArchive.Malformed { return error.reason }
        return s3Error(for: error).message
    }
}

/// What became of one bucket's settings.
private struct BucketReport: Encodable, Sendable {
    struct Setting: Encodable, Sendable {
        let isSet: Bool
        let error: String?
    }

    /// By the names that ``BucketSetting/reportName`` has.
    var settings: [String: Setting] = [:]
    var error: String?

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        // Clients look for all of them.
        for setting in BucketSetting.allCases {
            let name = setting.reportName
            try container.encode(
                settings[name] ?? Setting(isSet: false, error: nil), forKey: Key(stringValue: name))
        }
        try container.encodeIfPresent(error, forKey: Key(stringValue: "err"))
    }
}
