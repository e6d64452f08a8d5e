import AdminService
import KeyManagement
import MinIODrive
import ObjectStorage
import Requests
import S3Protocol
import SealedStorage

/// A bucket of a MinIO drive on its way: made before its objects, and set as it was behind them.
struct ImportedBucket {
    let name: BucketName
    private let created: Int64
    private let documents: [String: [UInt8]]

    /// The names in a bucket's record of the settings that this server has, and those that archives have for them.
    private static let names = [
        "VersioningConfigXML": "versioning.xml", "ObjectLockConfigXML": "object-lock.xml",
        "PolicyConfigJSON": "policy.json", "TaggingConfigXML": "tagging.xml",
        "EncryptionConfigXML": "bucket-encryption.xml", "LifecycleConfigXML": "lifecycle.xml",
        "NotificationConfigXML": "notification.xml", "QuotaConfigJSON": "quota.json",
    ]
    /// What decides which versions there may be: set before there are any.
    private static let versioning: Set = ["versioning.xml", "object-lock.xml"]

    init(_ name: BucketName, _ settings: BucketSettings?) {
        self.name = name
        created = settings?.created ?? Clock.milliseconds()
        var documents: [String: [UInt8]] = [:]
        for (key, document) in settings?.documents ?? [:] {
            if let file = Self.names[key] { documents[file] = document }
        }
        if settings?.isLocked == true, documents["object-lock.xml"] == nil {
            documents["object-lock.xml"] = ObjectLockConfiguration().xml()
        }
        self.documents = documents
    }

    /// What of the settings could not be taken when nothing is written.
    func refusals() -> [BucketSettingDocuments.Refusal] {
        var record = BucketRecord()
        return BucketSettingDocuments.apply(documents, to: &record, of: name, webhooks: [], at: created)
    }

    /// Makes the bucket unless it is there.
    func make(on drive: SealedDrive) async throws {
        guard drive.buckets.bucket(named: name.rawValue) == nil else { return }
        var record = BucketRecord()
        let early = documents.filter { Self.versioning.contains($0.key) }
        for refusal in BucketSettingDocuments.apply(early, to: &record, of: name, webhooks: [], at: created)
        where refusal.setting == "versioning.xml" {
            // Versions that were kept are kept here, too.
            record.versioning = .enabled
        }
        try await drive.buckets.create(name, at: created, record)
    }

    /// Sets what had to wait for the objects: a quota, or a rule that takes them away.
    func set(on drive: SealedDrive) async throws -> [BucketSettingDocuments.Refusal] {
        let late = documents.filter { !Self.versioning.contains($0.key) }
        var refused: [BucketSettingDocuments.Refusal] = []
        try await drive.buckets.update(drive.buckets.bucket(name)) { record in
            refused = BucketSettingDocuments.apply(late, to: &record, of: name, webhooks: [], at: Clock.milliseconds())
        }
        return refused
    }
}
