import HTTPClient
import Notation
package import S3Protocol

extension S3Client {
    package struct ListedVersion: Sendable {
        package let key: String
        /// `null` for that of a bucket without versioning.
        package let version: String
        package let isLatest: Bool
        /// As the server writes it: `2006-01-02T15:04:05.000Z`.
        package let modified: String
        /// Without its quotes; nil for a delete marker.
        package let etag: String?
        /// Plaintext bytes; 0 for a delete marker.
        package let size: Int64
    }

    /// Where a page of versions begins: behind this version of this key.
    package struct VersionPlace: Sendable {
        package let key: String
        package let version: String

        package init(key: String, version: String) {
            self.key = key
            self.version = version
        }
    }

    /// One page of the versions and delete markers of a bucket, of up to 1 000, those of a key with the newest first.
    ///
    /// - Parameters:
    ///   - address: a bucket and what keys begin with.
    ///   - limit: of the page.
    package func versions(
        _ address: ObjectAddress, after place: VersionPlace?, limit: Int = 1000
    ) async throws(S3ClientError) -> (versions: [ListedVersion], next: VersionPlace?) {
        var query = [
            ("encoding-type", "url"), ("max-keys", "\(limit)"), ("prefix", address.key), ("versions", ""),
        ]
        if let place {
            query.append(("key-marker", place.key))
            if !place.version.isEmpty { query.append(("version-id-marker", place.version)) }
        }
        let call = Call(method: .get, address: ObjectAddress(bucket: address.bucket), query: query)
        let answer = try document(try await send(call), "ListVersionsResult")
        var versions: [ListedVersion] = []
        for element in answer.children where element.name == "Version" || element.name == "DeleteMarker" {
            let isObject = element.name == "Version"
            versions.append(
                ListedVersion(
                    key: try Self.key(try element.text("Key"), in: answer), version: try element.text("VersionId"),
                    isLatest: (try? element.optionalFlag("IsLatest")) == true,
                    modified: try element.text("LastModified"),
                    etag: isObject ? try element.text("ETag").filter { $0 != "\"" } : nil,
                    size: isObject ? try element.number("Size") : 0))
        }
        guard (try? answer.optionalFlag("IsTruncated")) == true else { return (versions, nil) }
        let version = (try? answer.optionalText("NextVersionIdMarker")) ?? nil
        return (
            versions,
            VersionPlace(key: try Self.key(try answer.text("NextKeyMarker"), in: answer), version: version ?? "")
        )
    }

    /// The tags of an object; none where it has none.
    package func tags(of address: ObjectAddress) async throws(S3ClientError) -> ObjectTags {
        let answer = try await send(Call(method: .get, address: address, query: [("tagging", "")]))
        do {
            return try ObjectTags(document: answer.body, maximum: ObjectTags.maximumOfBucket)
        } catch {
            throw .unreadable("\(address): tags that are none")
        }
    }
}
