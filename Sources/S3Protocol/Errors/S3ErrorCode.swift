/// Every error code this server can put into an error document.
///
/// The raw value is the text of `<Code>`, which is what clients decide on. Status and default text of each code stand in
/// `S3ErrorCode+Status.swift` and `S3ErrorCode+Message.swift`; `data/s3-error-codes.json` holds the same table for readers
/// outside this program, and a test keeps the two equal.
package enum S3ErrorCode: String, CaseIterable, Sendable {
    // Who asks, and whether they may.
    case accessDenied = "AccessDenied"
    case accessForbidden = "AccessForbidden"
    case allAccessDisabled = "AllAccessDisabled"
    case authorizationHeaderMalformed = "AuthorizationHeaderMalformed"
    case authorizationParametersError = "AuthorizationParametersError"
    case authorizationQueryParametersError = "AuthorizationQueryParametersError"
    case invalidAccessKeyId = "InvalidAccessKeyId"
    case invalidTokenId = "InvalidTokenId"
    case requestTimeTooSkewed = "RequestTimeTooSkewed"
    case signatureDoesNotMatch = "SignatureDoesNotMatch"

    // The request line, its headers, its query and its addressing.
    case badRequest = "BadRequest"
    case invalidArgument = "InvalidArgument"
    case invalidLocationConstraint = "InvalidLocationConstraint"
    case invalidRequest = "InvalidRequest"
    case invalidStorageClass = "InvalidStorageClass"
    case invalidURI = "InvalidURI"
    case keyTooLongError = "KeyTooLongError"
    case malformedPOSTRequest = "MalformedPOSTRequest"
    case metadataTooLarge = "MetadataTooLarge"
    case methodNotAllowed = "MethodNotAllowed"
    case notImplemented = "NotImplemented"
    case invalidRedirectLocation = "InvalidRedirectLocation"
    case requestHeaderSectionTooLarge = "RequestHeaderSectionTooLarge"
    case xMinioInvalidObjectName = "XMinioInvalidObjectName"

    // The bytes of the body: length, framing, digests, documents.
    case badDigest = "BadDigest"
    case entityTooLarge = "EntityTooLarge"
    case entityTooSmall = "EntityTooSmall"
    case excessData = "ExcessData"
    case incompleteBody = "IncompleteBody"
    case invalidDigest = "InvalidDigest"
    case invalidPolicyDocument = "InvalidPolicyDocument"
    case malformedACLError = "MalformedACLError"
    case malformedTrailerError = "MalformedTrailerError"
    case malformedXML = "MalformedXML"
    case maxMessageLengthExceeded = "MaxMessageLengthExceeded"
    case maxPostPreDataLengthExceeded = "MaxPostPreDataLengthExceeded"
    case missingContentLength = "MissingContentLength"
    case missingContentMD5 = "MissingContentMD5"
    case requestTimeout = "RequestTimeout"
    case xAmzContentSHA256Mismatch = "XAmzContentSHA256Mismatch"

    // Buckets and what is configured on them.
    case accessControlListNotSupported = "AccessControlListNotSupported"
    case bucketAlreadyExists = "BucketAlreadyExists"
    case bucketAlreadyOwnedByYou = "BucketAlreadyOwnedByYou"
    case bucketNotEmpty = "BucketNotEmpty"
    case invalidBucketName = "InvalidBucketName"
    case invalidBucketAclWithObjectOwnership = "InvalidBucketAclWithObjectOwnership"
    case invalidBucketState = "InvalidBucketState"
    case invalidRetentionPeriod = "InvalidRetentionPeriod"
    case invalidTag = "InvalidTag"
    case malformedPolicy = "MalformedPolicy"
    case noSuchBucket = "NoSuchBucket"
    case noSuchBucketPolicy = "NoSuchBucketPolicy"
    case noSuchCORSConfiguration = "NoSuchCORSConfiguration"
    case noSuchLifecycleConfiguration = "NoSuchLifecycleConfiguration"
    case noSuchPublicAccessBlockConfiguration = "NoSuchPublicAccessBlockConfiguration"
    case noSuchTagSet = "NoSuchTagSet"
    case noSuchWebsiteConfiguration = "NoSuchWebsiteConfiguration"
    case objectLockConfigurationNotFoundError = "ObjectLockConfigurationNotFoundError"
    case ownershipControlsNotFoundError = "OwnershipControlsNotFoundError"
    case replicationConfigurationNotFoundError = "ReplicationConfigurationNotFoundError"
    case serverSideEncryptionConfigurationNotFoundError = "ServerSideEncryptionConfigurationNotFoundError"

    // Objects, versions, uploads and conditions on them.
    case annotationLimitExceeded = "AnnotationLimitExceeded"
    case annotationNameTooLong = "AnnotationNameTooLong"
    case invalidAnnotationName = "InvalidAnnotationName"
    case invalidPrefix = "InvalidPrefix"
    case noSuchAnnotation = "NoSuchAnnotation"
    case unsupportedMediaType = "UnsupportedMediaType"
    case conditionalRequestConflict = "ConditionalRequestConflict"
    case invalidPart = "InvalidPart"
    case invalidPartNumber = "InvalidPartNumber"
    case invalidPartOrder = "InvalidPartOrder"
    case invalidRange = "InvalidRange"
    case noSuchKey = "NoSuchKey"
    case noSuchObjectLockConfiguration = "NoSuchObjectLockConfiguration"
    case noSuchUpload = "NoSuchUpload"
    case noSuchVersion = "NoSuchVersion"
    case notModified = "NotModified"
    case preconditionFailed = "PreconditionFailed"

    // The server's own state.
    case internalError = "InternalError"
    case serviceUnavailable = "ServiceUnavailable"
    case slowDown = "SlowDown"
    case xMinioStorageFull = "XMinioStorageFull"

    // Server-side encryption and its key service.
    case kmsServiceNotFoundException = "KMS.NotFoundException"
    case kmsInvalidCiphertextException = "kms:InvalidCiphertextException"
    case kmsKeyAlreadyExists = "kms:KeyAlreadyExists"
    case kmsNotAuthorized = "kms:NotAuthorized"
    case kmsNotSupported = "kms:NotSupported"

    // The administration interface, whose clients know these codes.
    case xMinioAdminBucketQuotaExceeded = "XMinioAdminBucketQuotaExceeded"
    case xMinioAdminPolicyChangeAlreadyApplied = "XMinioAdminPolicyChangeAlreadyApplied"
    case xMinioAdminVersionMismatch = "XMinioAdminVersionMismatch"
}
