/// What MinIO calls the operations of S3 that it calls otherwise than AWS: in metrics, traces and audit records.
package enum OperationNames {
    /// The name in MinIO's words: the same, mostly.
    package static func minIO(_ name: String) -> String { others[name] ?? name }

    private static let others: [String: String] = [
        "CreateBucket": "PutBucket", "CreateMultipartUpload": "NewMultipartUpload", "UploadPart": "PutObjectPart",
        "UploadPartCopy": "CopyObjectPart", "ListParts": "ListObjectParts", "ListObjects": "ListObjectsV1",
        "DeleteObjects": "DeleteMultipleObjects", "PostObject": "PostPolicyBucket",
        "GetBucketAcl": "GetBucketACL", "PutBucketAcl": "PutBucketACL", "GetObjectAcl": "GetObjectACL",
        "PutObjectAcl": "PutObjectACL",
        "GetBucketLifecycleConfiguration": "GetBucketLifecycle",
        "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
        "GetBucketNotificationConfiguration": "GetBucketNotification",
        "PutBucketNotificationConfiguration": "PutBucketNotification",
        "GetObjectLockConfiguration": "GetBucketObjectLockConfig",
        "PutObjectLockConfiguration": "PutBucketObjectLockConfig",
        "GetBucketReplication": "GetBucketReplicationConfig",
        "DeleteBucketReplication": "DeleteBucketReplicationConfig",
        "GetBucketAccelerateConfiguration": "GetBucketAccelerate", "ListenBucketNotification": "ListenNotification",
        "ForceDeleteBucket": "DeleteBucket", "ForceDeleteObject": "DeleteObject",
    ]
}
