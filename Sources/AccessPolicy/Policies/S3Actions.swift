/// The actions of S3 (AWS's Service Authorization Reference, and MinIO's few beside them) that are done to a bucket or to
/// its objects.
///
/// A policy can name no other: one with a slip of the pen must not be stored as if it allowed or forbade something.
enum S3Actions {
    /// By their names in lower case, which is how policies may write them.
    static let levels: [String: (name: String, isOfObjects: Bool)] = {
        var levels: [String: (name: String, isOfObjects: Bool)] = [:]
        for name in ofBuckets.split(whereSeparator: \.isWhitespace) {
            levels["s3:" + name.lowercased()] = ("s3:\(name)", false)
        }
        for name in ofObjects.split(whereSeparator: \.isWhitespace) {
            levels["s3:" + name.lowercased()] = ("s3:\(name)", true)
        }
        return levels
    }()

    /// The names that a pattern of a policy stands for, in AWS's spelling.
    ///
    /// - Throws: when it stands for none.
    static func named(_ pattern: String) throws(PolicyMalformed) -> Set<String> {
        let lowered = pattern.lowercased()
        if let action = levels[lowered] { return [action.name] }
        let names =
            lowered.contains { $0 == "*" || $0 == "?" }
            ? try matching(TextPattern(lowered, hasWildcards: true, hasVariables: false)) : []
        guard !names.isEmpty else { throw PolicyMalformed("Policy has invalid action '\(pattern)'") }
        return names
    }

    private static func matching(_ pattern: TextPattern) -> Set<String> {
        Set(levels.filter { pattern.matches($0.key, NoVariables()) }.values.map(\.name))
    }

    static let all = Set(levels.values.map(\.name))

    static func isOfObjects(_ name: String) -> Bool { levels[name.lowercased()]?.isOfObjects ?? false }

    private static let ofBuckets = """
        CreateBucket CreateBucketMetadataTableConfiguration DeleteBucket DeleteBucketCORS
        DeleteBucketMetadataTableConfiguration DeleteBucketPolicy DeleteBucketWebsite ForceDeleteBucket
        GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac GetBucketAcl GetBucketCORS GetBucketLocation
        GetBucketLogging GetBucketMetadataTableConfiguration GetBucketNotification GetBucketObjectLockConfiguration
        GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus GetBucketPublicAccessBlock
        GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration
        GetIntelligentTieringConfiguration GetInventoryConfiguration GetLifecycleConfiguration GetMetricsConfiguration
        GetReplicationConfiguration InitiateReplication ListBucket ListBucketMultipartUploads ListBucketVersions
        ListTagsForResource ListenBucketNotification ListenNotification PutAccelerateConfiguration PutAnalyticsConfiguration PutBucketAbac
        PutBucketAcl PutBucketCORS PutBucketLogging PutBucketNotification PutBucketObjectLockConfiguration
        PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock PutBucketRequestPayment PutBucketTagging
        PutBucketVersioning PutBucketWebsite PutEncryptionConfiguration PutIntelligentTieringConfiguration
        PutInventoryConfiguration PutLifecycleConfiguration PutMetricsConfiguration PutReplicationConfiguration
        ResetBucketReplicationState TagResource UntagResource UpdateBucketMetadataAnnotationTableConfiguration
        UpdateBucketMetadataInventoryTableConfiguration UpdateBucketMetadataJournalTableConfiguration
        """
    private static let ofObjects = """
        AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectAnnotation DeleteObjectTagging
        DeleteObjectVersion DeleteObjectVersionAnnotation DeleteObjectVersionTagging GetObject GetObjectAcl
        GetObjectAnnotation GetObjectAttributes GetObjectLegalHold GetObjectRetention GetObjectTagging GetObjectTorrent
        GetObjectVersion GetObjectVersionAcl GetObjectVersionAnnotation GetObjectVersionAttributes
        GetObjectVersionForReplication GetObjectVersionTagging GetObjectVersionTorrent ListMultipartUploadParts
        ListObjectAnnotations ListObjectVersionAnnotations ObjectOwnerOverrideToBucketOwner PutObject PutObjectAcl
        PutObjectAnnotation PutObjectFanOut PutObjectLegalHold PutObjectRetention PutObjectTagging
        PutObjectVersionAcl PutObjectVersionAnnotation PutObjectVersionTagging ReplicateDelete ReplicateObject
        ReplicateTags RestoreObject UpdateObjectEncryption
        """
}

/// Of a text that has no variables.
struct NoVariables: VariableValues {
    func values(of key: ConditionKey) -> [String]? { nil }
}
