package import S3Protocol
package import SealedStorage

/// The settings of a bucket from elsewhere, by the documents that MinIO's archives have of them.
package enum BucketSettingDocuments {
    /// What could not be set, and why.
    package struct Refusal: Sendable {
        package let setting: String
        package let reason: String
    }

    /// The documents of what is set for a bucket, by the names of an archive's files.
    package static func documents(of record: BucketRecord) -> [String: [UInt8]] {
        var documents: [String: [UInt8]] = [:]
        for setting in BucketSetting.allCases { documents[setting.rawValue] = setting.document(of: record) }
        return documents
    }

    /// Puts documents into a bucket's record, each that can be.
    ///
    /// - Parameters:
    ///   - documents: by the names of an archive's files, such as `policy.json`.
    ///   - webhooks: those that this server has.
    ///   - time: milliseconds since 1970.
    package static func apply(
        _ documents: [String: [UInt8]], to record: inout BucketRecord, of bucket: BucketName, webhooks: Set<String>,
        at time: Int64
    ) -> [Refusal] {
        var refused: [Refusal] = []
        for setting in BucketSetting.allCases {
            guard let document = documents[setting.rawValue] else { continue }
            do {
                guard document.count <= BucketSetting.longestDocument else { throw S3Error(.entityTooLarge) }
                var changed = record
                try setting.change(document, of: bucket, webhooks: webhooks, region: "", at: time)(&changed)
                record = changed
            } catch {
                refused.append(
                    Refusal(setting: setting.rawValue, reason: (error as? S3Error)?.message ?? "\(error)"))
            }
        }
        return refused
    }
}
