import Cryptography
import ObjectStorage
import S3Protocol

/// The settings of a bucket that are changed one at a time.
package enum BucketSettingName: String, CaseIterable, Sendable {
    case encryption, versioning, locking, policy, publicAccess, tags, quota, lifecycle, cors, notification
}

extension BucketRecord {
    /// What tells one value of a setting from another: 32 hexadecimal digits, the same for the same value.
    package func tag(of setting: BucketSettingName) -> String {
        let document: [UInt8]? =
            switch setting {
            case .encryption: encryption?.xml()
            case .versioning: Array("\(versioning)".utf8) + (versioningRule.exclusions?.encoded ?? [])
            case .locking: objectLock?.xml()
            case .policy: policy?.document
            case .publicAccess: publicAccessBlock?.xml()
            case .tags: tags?.xml()
            case .quota: quota?.json()
            case .lifecycle: lifecycle?.storedXML()
            case .cors: cors?.xml()
            case .notification: notification?.xml()
            }
        // One that is not set differs from one that is set to nothing.
        return Hex.encode(Digest.hash(.sha256, document.map { [1] + $0 } ?? [0]).prefix(16))
    }
}
