/// What a request wants to do, by the name that policies use: `s3:GetObject`, `admin:ServerInfo`, `kms:CreateKey`.
package struct Action: Hashable, Sendable, CustomStringConvertible {
    package let name: String

    package init(_ name: StaticString) { self.name = name.description }

    package var description: String { name }
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
    package static let getObject = Action("s3:GetObject")
    package static let getObjectVersion = Action("s3:GetObjectVersion")
    package static let putObject = Action("s3:PutObject")
    package static let putObjectTagging = Action("s3:PutObjectTagging")
    package static let deleteObject = Action("s3:DeleteObject")
    package static let deleteObjectVersion = Action("s3:DeleteObjectVersion")
    package static let abortMultipartUpload = Action("s3:AbortMultipartUpload")
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
    package static let listKeys = Action("kms:ListKeys")
    package static let keyStatus = Action("kms:KeyStatus")
    package static let keyServiceStatus = Action("kms:Status")
    package static let keyServiceVersion = Action("kms:Version")
    package static let keyServiceAPI = Action("kms:API")
    /// Coffer's own: which keys wrap the drive's data keys, and moving them under another.
    package static let listDataKeys = Action("kms:ListDataKeys")
    package static let rewrapDataKeys = Action("kms:RewrapDataKeys")
}
