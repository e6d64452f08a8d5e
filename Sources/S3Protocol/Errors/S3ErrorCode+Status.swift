extension S3ErrorCode {
    /// The HTTP status an answer with this code has, unless the error at hand says another (`S3Error.status`).
    package var httpStatus: Int {
        switch self {
        case .permanentRedirect:
            301
        case .notModified:
            304
        case .redirect, .temporaryRedirect:
            307
        case .authorizationHeaderMalformed, .authorizationParametersError, .authorizationQueryParametersError,
            .credentialsNotSupported, .expiredToken, .invalidToken, .malformedDate, .missingFields,
            .missingSecurityHeader, .requestExpired, .tokenRefreshRequired, .ambiguousGrantByEmailAddress,
            .badRequest, .illegalLocationConstraintException, .incompatibleObjectException, .inlineDataTooLarge,
            .invalidAddressingHeader, .invalidArgument, .invalidHostHeader, .invalidHttpMethod,
            .invalidLocationConstraint, .invalidRegion, .invalidRequest, .invalidSOAPRequest, .invalidStorageClass,
            .invalidTargetBucketForLogging, .invalidURI, .keyTooLongError, .malformedPOSTRequest, .metadataTooLarge,
            .missingAttachment, .noLoggingStatusForKey, .requestHeaderSectionTooLarge, .requestIsNotMultiPartContent,
            .requestTorrentOfBucketError, .unexpectedContent, .unresolvableGrantByEmailAddress, .unsupportedArgument,
            .unsupportedSignature, .userKeyMustBeSpecified, .xMinioInvalidObjectName, .xMinioInvalidResourceName,
            .badDigest, .entityTooLarge, .entityTooSmall, .excessData, .incompleteBody,
            .incorrectNumberOfFilesInPostRequest, .invalidChunkSizeError, .invalidDigest, .invalidPolicyDocument,
            .malformedACLError, .malformedTrailerError, .malformedXML, .maxMessageLengthExceeded,
            .maxPostPreDataLengthExceededError, .missingContentMD5, .missingRequestBodyError, .requestTimeout,
            .xAmzContentChecksumMismatch, .xAmzContentSHA256Mismatch, .invalidBucketName,
            .invalidBucketOwnerAWSAccountID, .invalidTag, .malformedPolicy, .tooManyBuckets, .invalidPart,
            .invalidPartOrder, .invalidRetentionPeriod, .invalidWriteOffset, .tooManyParts,
            .invalidEncryptionAlgorithmError, .kmsServiceDisabledException, .kmsServiceInvalidKeyUsageException,
            .kmsServiceInvalidStateException, .kmsServiceNotFoundException, .kmsInvalidCiphertextException,
            .xMinioAdminBucketQuotaExceeded, .xMinioAdminConfigBadJSON, .xMinioAdminConfigTooLarge,
            .xMinioAdminGroupNotEmpty, .xMinioAdminInvalidAccessKey, .xMinioAdminInvalidArgument,
            .xMinioAdminInvalidSecretKey, .xMinioAdminPolicyChangeAlreadyApplied, .xMinioIAMPolicyInUse,
            .xMinioMalformedIAMPolicy:
            400
        case .unauthorizedAccess:
            401
        case .accessDenied, .accountProblem, .allAccessDisabled, .crossLocationLoggingProhibited, .invalidAccessKeyId,
            .invalidObjectState, .invalidPayer, .invalidSecurity, .invalidTokenId, .notSignedUp,
            .requestTimeTooSkewed, .signatureDoesNotMatch, .postPolicyInvalidKeyName, .objectAlreadyInActiveTierError,
            .kmsNotAuthorized, .xMinioInvalidIAMCredentials:
            403
        case .noSuchAsyncRequest, .noSuchBucket, .noSuchBucketPolicy, .noSuchConfiguration, .noSuchCORSConfiguration,
            .noSuchLifecycleConfiguration, .noSuchPublicAccessBlockConfiguration, .noSuchTagSet,
            .noSuchWebsiteConfiguration, .objectLockConfigurationNotFoundError, .ownershipControlsNotFoundError,
            .replicationConfigurationNotFoundError, .serverSideEncryptionConfigurationNotFoundError, .noSuchKey,
            .noSuchObjectLockConfiguration, .noSuchUpload, .noSuchVersion, .kmsKeyNotFound, .xMinioAdminNoSuchGroup,
            .xMinioAdminNoSuchPolicy, .xMinioAdminNoSuchUser:
            404
        case .methodNotAllowed:
            405
        case .bucketAlreadyExists, .bucketAlreadyOwnedByYou, .bucketNotEmpty, .invalidBucketState,
            .conditionalRequestConflict, .operationAborted, .restoreAlreadyInProgress, .kmsKeyAlreadyExists:
            409
        case .missingContentLength:
            411
        case .preconditionFailed:
            412
        case .invalidPartNumber, .invalidRange:
            416
        case .xMinioAdminVersionMismatch:
            426
        case .tooManyRequests:
            429
        case .internalError, .xMinioObjectTampered:
            500
        case .notImplemented, .kmsNotSupported:
            501
        case .busy, .requestLimitExceeded, .serverNotInitialized, .serviceUnavailable, .slowDown, .slowDownRead,
            .slowDownWrite, .xMinioIAMNotInitialized, .xMinioServerNotInitialized, .kmsDecryptionFailed,
            .kmsKeyCreationFailed, .kmsKeyGenerationFailed, .kmsKeyListingFailed:
            503
        case .xMinioStorageFull:
            507
        }
    }
}
