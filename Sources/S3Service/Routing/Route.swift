/// What a request addresses.
package enum ResourceLevel: Sendable {
    case service, bucket, object
}

/// Where an operation answers: method, level, and the sub-resources that must, and may, stand in the query.
///
/// The query's *known* sub-resources (``SubResource``) decide; every other query key is a parameter and never routes.
package struct Route: Sendable {
    package let method: String
    package let level: ResourceLevel
    /// All of these must be present.
    ///
    /// `["partNumber", "uploadId"]` for UploadPart.
    package let required: Set<String>
    /// These may be present; any other known sub-resource makes the request another operation.
    package let optional: Set<String>
    /// A header that must be present (`x-amz-copy-source` tells CopyObject from PutObject), or `nil`.
    package let header: String?

    package init(
        _ method: String, _ level: ResourceLevel, requiring required: Set<String> = [],
        allowing optional: Set<String> = [],
        header: String? = nil
    ) {
        self.method = method
        self.level = level
        self.required = required
        self.optional = optional
        self.header = header
    }

    /// How specific the route is: of all that fit, the one that names the most wins.
    ///
    /// A tie is a defect of the table.
    package var specificity: Int { required.count * 2 + (header == nil ? 0 : 1) }

    func fits(_ subResources: Set<String>, hasHeader: (String) -> Bool) -> Bool {
        guard required.isSubset(of: subResources), subResources.isSubset(of: required.union(optional)) else {
            return false
        }
        guard let header else { return true }
        return hasHeader(header)
    }

    /// Whether a request without any sub-resource may come here.
    var isPlain: Bool { required.isEmpty }
}

/// Query keys by which S3 tells operations apart, whether they are implemented here or not.
///
/// A key in this list without a fitting route answers 501 for every method: it never falls through to the handler of the
/// bare bucket or object, where a `DELETE /bucket?something` would delete the bucket.
package enum SubResource {
    package static let known: Set<String> = [
        "abac", "accelerate", "acl", "analytics", "append", "attributes", "cors", "delete", "encryption", "events",
        "intelligent-tiering", "inventory", "legal-hold", "lifecycle", "list-type", "location", "logging",
        "metadataConfiguration", "metadataInventoryTable", "metadataJournalTable", "metadataTable", "metrics",
        "notification", "object-lock", "ownershipControls", "partNumber", "policy", "policyStatus",
        "publicAccessBlock", "renameObject", "replication", "replication-metrics", "requestPayment", "restore",
        "retention", "select", "select-type", "session", "tagging", "torrent", "uploadId", "uploads", "versionId",
        "versioning", "versions", "website",
    ]
}
