package import KeyManagement
import ObjectStorage

/// How many of the drive's data keys one version of one key of the key service wraps.
package struct DataKeyCount: Hashable, Sendable {
    package let kmsKey: String
    package let version: MasterKeyVersion
    package let count: Int
}

extension DataKeys {
    /// The numbers of data keys, by the key of the key service and its version, sorted by both.
    ///
    /// Reads every data key's row, some hundreds at a time, on the drive's threads.
    package func counts() async throws -> [DataKeyCount] {
        var counts: [String: [MasterKeyVersion: Int]] = [:]
        var last: DataKeyID?
        while true {
            let page = try await store.dataKeys(after: last, limit: 512)
            guard let end = page.last else { break }
            for row in page {
                let version = MasterKeyVersion(ofDataKey: row.wrapped)
                counts[row.kmsKey, default: [:]][version, default: 0] += 1
            }
            last = end.id
        }
        return counts.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.flatMap { kmsKey, versions in
            versions.sorted { $0.key < $1.key }.map { DataKeyCount(kmsKey: kmsKey, version: $0.key, count: $0.value) }
        }
    }
}
