/// What a request wants to do, by the name that policies use: `s3:GetObject`, `admin:ServerInfo`, `kms:CreateKey`.
package struct Action: Hashable, Sendable, CustomStringConvertible {
    package let name: String

    package init(_ name: StaticString) { self.name = name.description }

    package var description: String { name }

    /// Whose action it is: what stands before the colon.
    var service: Service {
        switch name.utf8.first {
        case UInt8(ascii: "a"): .admin
        case UInt8(ascii: "k"): .kms
        default: name.utf8.dropFirst().first == UInt8(ascii: "t") ? .sts : .s3
        }
    }

    enum Service: Hashable, Sendable, CaseIterable {
        case s3, admin, kms, sts
    }
}

extension Action {
    // MARK: S3

    package static let listAllMyBuckets = Action("s3:ListAllMyBuckets")
    package static let createBucket = Action("s3:CreateBucket")
    package static let deleteBucket = Action("s3:DeleteBucket")
    package static let listBucket = Action("s3:ListBucket")
    package static let getBucketLocation = Action("s3:GetBucketLocation")
    package static let getEncryptionConfiguration = Action("s3:GetEncryptionConfiguration")
    package static let putEncryptionConfiguration = Action("s3:PutEncryptionConfiguration")
    package static let getBucketVersioning = Action("s3:GetBucketVersioning")
    package static let putBucketVersioning = Action("s3:PutBucketVersioning")
    package static let listBucketVersions = Action("s3:ListBucketVersions")
    package static let getBucketObjectLockConfiguration = Action("s3:GetBucketObjectLockConfiguration")
    package static let putBucketObjectLockConfiguration = Action("s3:PutBucketObjectLockConfiguration")
    package static let getObjectRetention = Action("s3:GetObjectRetention")
    package static let putObjectRetention = Action("s3:PutObjectRetention")
    package static let bypassGovernanceRetention = Action("s3:BypassGovernanceRetention")
    package static let getObjectLegalHold = Action("s3:GetObjectLegalHold")
    package static let putObjectLegalHold = Action("s3:PutObjectLegalHold")
    package static let getBucketTagging = Action("s3:GetBucketTagging")
    package static let putBucketTagging = Action("s3:PutBucketTagging")
    package static let getBucketCORS = Action("s3:GetBucketCORS")
    package static let putBucketCORS = Action("s3:PutBucketCORS")
    package static let getLifecycleConfiguration = Action("s3:GetLifecycleConfiguration")
    package static let putLifecycleConfiguration = Action("s3:PutLifecycleConfiguration")
    package static let getBucketACL = Action("s3:GetBucketAcl")
    package static let putBucketACL = Action("s3:PutBucketAcl")
    package static let getBucketLogging = Action("s3:GetBucketLogging")
    package static let putBucketLogging = Action("s3:PutBucketLogging")
    package static let getAccelerateConfiguration = Action("s3:GetAccelerateConfiguration")
    package static let putAccelerateConfiguration = Action("s3:PutAccelerateConfiguration")
    package static let getBucketRequestPayment = Action("s3:GetBucketRequestPayment")
    package static let putBucketRequestPayment = Action("s3:PutBucketRequestPayment")
    package static let getBucketWebsite = Action("s3:GetBucketWebsite")
    package static let deleteBucketWebsite = Action("s3:DeleteBucketWebsite")
    package static let getReplicationConfiguration = Action("s3:GetReplicationConfiguration")
    package static let putReplicationConfiguration = Action("s3:PutReplicationConfiguration")
    package static let getBucketNotification = Action("s3:GetBucketNotification")
    package static let putBucketNotification = Action("s3:PutBucketNotification")
    /// MinIO's own: to be told of what happens, while it does.
    package static let listenNotification = Action("s3:ListenNotification")
    package static let listenBucketNotification = Action("s3:ListenBucketNotification")
    /// MinIO's own: a bucket with everything in it.
    package static let forceDeleteBucket = Action("s3:ForceDeleteBucket")
    package static let getObject = Action("s3:GetObject")
    package static let getObjectVersion = Action("s3:GetObjectVersion")
    package static let putObject = Action("s3:PutObject")
    package static let getObjectTagging = Action("s3:GetObjectTagging")
    package static let putObjectTagging = Action("s3:PutObjectTagging")
    package static let updateObjectEncryption = Action("s3:UpdateObjectEncryption")
    package static let putObjectVersionTagging = Action("s3:PutObjectVersionTagging")
    package static let getObjectVersionTagging = Action("s3:GetObjectVersionTagging")
    package static let deleteObjectTagging = Action("s3:DeleteObjectTagging")
    package static let deleteObjectVersionTagging = Action("s3:DeleteObjectVersionTagging")
    package static let getObjectAttributes = Action("s3:GetObjectAttributes")
    package static let getObjectVersionAttributes = Action("s3:GetObjectVersionAttributes")
    package static let getObjectACL = Action("s3:GetObjectAcl")
    package static let getObjectVersionACL = Action("s3:GetObjectVersionAcl")
    package static let putObjectACL = Action("s3:PutObjectAcl")
    package static let putObjectVersionACL = Action("s3:PutObjectVersionAcl")
    package static let deleteObject = Action("s3:DeleteObject")
    package static let deleteObjectVersion = Action("s3:DeleteObjectVersion")
    package static let getObjectAnnotation = Action("s3:GetObjectAnnotation")
    package static let getObjectVersionAnnotation = Action("s3:GetObjectVersionAnnotation")
    package static let putObjectVersionAnnotation = Action("s3:PutObjectVersionAnnotation")
    package static let listObjectVersionAnnotations = Action("s3:ListObjectVersionAnnotations")
    package static let deleteObjectVersionAnnotation = Action("s3:DeleteObjectVersionAnnotation")
    package static let putObjectAnnotation = Action("s3:PutObjectAnnotation")
    package static let listObjectAnnotations = Action("s3:ListObjectAnnotations")
    package static let deleteObjectAnnotation = Action("s3:DeleteObjectAnnotation")
    package static let abortMultipartUpload = Action("s3:AbortMultipartUpload")
    package static let listBucketMultipartUploads = Action("s3:ListBucketMultipartUploads")
    package static let listMultipartUploadParts = Action("s3:ListMultipartUploadParts")

    // MARK: Who may do what

    package static let getBucketPolicy = Action("s3:GetBucketPolicy")
    package static let putBucketPolicy = Action("s3:PutBucketPolicy")
    package static let deleteBucketPolicy = Action("s3:DeleteBucketPolicy")
    package static let getBucketPolicyStatus = Action("s3:GetBucketPolicyStatus")
    package static let getBucketPublicAccessBlock = Action("s3:GetBucketPublicAccessBlock")
    package static let putBucketPublicAccessBlock = Action("s3:PutBucketPublicAccessBlock")
    package static let getBucketOwnershipControls = Action("s3:GetBucketOwnershipControls")
    package static let putBucketOwnershipControls = Action("s3:PutBucketOwnershipControls")

    // MARK: Keys

    package static let createKey = Action("kms:CreateKey")
    package static let importKey = Action("kms:ImportKey")
    package static let listKeys = Action("kms:ListKeys")
    package static let keyStatus = Action("kms:KeyStatus")
    package static let keyServiceStatus = Action("kms:Status")
    package static let keyServiceVersion = Action("kms:Version")
    package static let keyServiceAPI = Action("kms:API")
    /// Coffer's own: which keys wrap the drive's data keys, and moving them under another.
    package static let listDataKeys = Action("kms:ListDataKeys")
    package static let rewrapDataKeys = Action("kms:RewrapDataKeys")
}

extension Action {
    // MARK: Use of keys by objects

    package static let generateDataKey = Action("kms:GenerateDataKey")
    package static let decryptDataKey = Action("kms:Decrypt")
}
