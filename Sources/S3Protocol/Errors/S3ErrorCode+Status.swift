extension S3ErrorCode {
    /// The HTTP status an answer with this code has, unless the error at hand says another (`S3Error.status`).
    package var httpStatus: Int {
        switch self {
        case .notModified:
            304
        case .accessControlListNotSupported, .invalidBucketAclWithObjectOwnership, .authorizationHeaderMalformed,
            .authorizationParametersError, .authorizationQueryParametersError,
            .annotationLimitExceeded, .annotationNameTooLong, .invalidAnnotationName, .invalidPrefix,
            .badRequest, .invalidArgument, .invalidLocationConstraint, .invalidRedirectLocation,
            .invalidRequest, .invalidStorageClass, .invalidURI, .keyTooLongError, .malformedPOSTRequest,
            .metadataTooLarge, .requestHeaderSectionTooLarge,
            .xMinioInvalidObjectName, .badDigest, .entityTooLarge, .entityTooSmall, .excessData, .incompleteBody,
            .expiredToken, .invalidDigest, .invalidPolicyDocument, .malformedACLError, .malformedTrailerError,
            .malformedXML,
            .maxMessageLengthExceeded, .maxPostPreDataLengthExceeded, .missingContentMD5, .requestTimeout,
            .xAmzContentSHA256Mismatch,
            .invalidBucketName, .invalidRetentionPeriod, .invalidTag, .malformedPolicy, .invalidPart, .invalidPartOrder,
            .kmsServiceNotFoundException, .kmsInvalidCiphertextException, .maxVersionsExceeded,
            .xMinioAdminBucketQuotaExceeded,
            .xMinioAdminPolicyChangeAlreadyApplied,
            .xMinioAdminConfigBadJSON, .xMinioAdminConfigTooLarge, .xMinioAdminGroupNotEmpty,
            .xMinioAdminInvalidAccessKey, .xMinioAdminInvalidArgument, .xMinioAdminInvalidSecretKey,
            .xMinioAdminNoAccessKey, .xMinioAdminNoSecretKey, .xMinioConfigError, .xMinioIAMPolicyInUse,
            .xMinioIAMServiceAccountNotAllowed, .xMinioInvalidResource, .xMinioMalformedIAMPolicy, .policyInvalidName:
            400
        case .accessDenied, .accessForbidden, .allAccessDisabled, .invalidAccessKeyId, .invalidTokenId,
            .requestTimeTooSkewed,
            .signatureDoesNotMatch, .kmsNotAuthorized,
            .xMinioIAMActionNotAllowed, .xMinioInvalidIAMCredentials:
            403
        case .noSuchBucket, .noSuchBucketPolicy, .noSuchCORSConfiguration, .noSuchLifecycleConfiguration,
            .noSuchPublicAccessBlockConfiguration, .noSuchTagSet, .noSuchWebsiteConfiguration,
            .objectLockConfigurationNotFoundError, .ownershipControlsNotFoundError,
            .replicationConfigurationNotFoundError, .serverSideEncryptionConfigurationNotFoundError, .noSuchKey,
            .noSuchObjectLockConfiguration, .noSuchUpload, .noSuchVersion, .noSuchAnnotation,
            .xMinioAdminNoSuchAccessKey, .xMinioAdminNoSuchGroup, .xMinioAdminNoSuchJob, .xMinioAdminNoSuchPolicy,
            .xMinioAdminNoSuchUser, .xMinioAdminTierNotFound, .xMinioConfigNotFoundError:
            404
        case .methodNotAllowed:
            405
        case .bucketAlreadyExists, .bucketAlreadyOwnedByYou, .bucketNotEmpty, .conditionalRequestConflict,
            .invalidBucketState, .kmsKeyAlreadyExists:
            409
        case .missingContentLength:
            411
        case .preconditionFailed:
            412
        case .unsupportedMediaType:
            415
        case .invalidPartNumber, .invalidRange:
            416
        case .xMinioAdminVersionMismatch:
            426
        case .internalError:
            500
        case .notImplemented, .kmsNotSupported,
            .xMinioLDAPNotEnabled:
            501
        case .serviceUnavailable, .slowDown:
            503
        case .xMinioStorageFull:
            507
        }
    }
}
