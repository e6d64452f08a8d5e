extension S3ErrorCode {
    /// The text that explains this code to a person when the place that failed has nothing more precise to say.
    package var defaultMessage: String {
        switch self {
        case .accessDenied:
            "Access Denied."
        case .accountProblem:
            "There is a problem with your account that prevents the operation from completing successfully."
        case .allAccessDisabled:
            "All access to this resource has been disabled."
        case .authorizationHeaderMalformed:
            "The authorization header is malformed."
        case .authorizationParametersError:
            """
            Error parsing the Credential/X-Amz-Credential parameter; incorrect service. This endpoint \
            belongs to "s3".
            """
        case .authorizationQueryParametersError:
            """
            Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, \
            X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.
            """
        case .credentialsNotSupported:
            "This request does not support credentials."
        case .crossLocationLoggingProhibited:
            "Cross-location logging is not allowed."
        case .expiredToken:
            "The provided token has expired."
        case .invalidAccessKeyId:
            "The Access Key Id you provided does not exist in our records."
        case .invalidObjectState:
            "The operation is not valid for the object's storage class."
        case .invalidPayer:
            "All access to this object has been disabled."
        case .invalidSecurity:
            "The provided security credentials are not valid."
        case .invalidToken:
            "The provided token is malformed or otherwise not valid."
        case .invalidTokenId:
            "The security token included in the request is invalid"
        case .malformedDate:
            "Invalid date format header, expected to be in ISO8601, RFC1123 or RFC1123Z time format."
        case .missingFields:
            "Missing fields in request."
        case .missingSecurityHeader:
            "Your request is missing a required header."
        case .notSignedUp:
            "Your account is not signed up for the Amazon S3 service."
        case .requestExpired:
            "Request has expired"
        case .requestTimeTooSkewed:
            "The difference between the request time and the server's time is too large."
        case .signatureDoesNotMatch:
            """
            The request signature we calculated does not match the signature you provided. Check your key \
            and signing method.
            """
        case .tokenRefreshRequired:
            "The provided token must be refreshed."
        case .unauthorizedAccess:
            "You are not authorized to perform this operation."
        case .ambiguousGrantByEmailAddress:
            "The email address you provided is associated with more than one account."
        case .badRequest:
            "400 BadRequest"
        case .illegalLocationConstraintException:
            "The specified location constraint is not valid for the region this endpoint serves."
        case .incompatibleObjectException:
            "The object is not compatible with the requested operation."
        case .inlineDataTooLarge:
            "Inline data exceeds the maximum allowed size."
        case .invalidAddressingHeader:
            "You must specify the Anonymous role."
        case .invalidArgument:
            "Invalid Argument"
        case .invalidHostHeader:
            "The host headers provided in the request used the incorrect style addressing."
        case .invalidHttpMethod:
            "The request used an HTTP method that is not valid here."
        case .invalidLocationConstraint:
            "The specified location (Region) constraint is not valid."
        case .invalidRegion:
            "Region does not match."
        case .invalidRequest:
            "Invalid Request"
        case .invalidSOAPRequest:
            "The SOAP request body is not valid."
        case .invalidStorageClass:
            "The storage class you specified is not valid."
        case .invalidTargetBucketForLogging:
            """
            The target bucket for logging does not exist, is not owned by you, or does not have the \
            appropriate grants for the log-delivery group.
            """
        case .invalidURI:
            "The specified URI couldn't be parsed."
        case .keyTooLongError:
            "Your key is too long"
        case .malformedPOSTRequest:
            "The body of your POST request is not well-formed multipart/form-data."
        case .metadataTooLarge:
            "Your metadata headers exceed the maximum allowed metadata size."
        case .methodNotAllowed:
            "The specified method is not allowed against this resource."
        case .missingAttachment:
            "A SOAP attachment was expected, but none was found."
        case .noLoggingStatusForKey:
            "There is no such thing as a logging status subresource for a key."
        case .notImplemented:
            "A header you provided implies functionality that is not implemented"
        case .permanentRedirect:
            """
            The bucket you are attempting to access must be addressed using the specified endpoint. Please \
            send all future requests to this endpoint.
            """
        case .redirect:
            "Temporary redirect."
        case .requestHeaderSectionTooLarge:
            "Your request header section exceeds the maximum allowed size."
        case .requestIsNotMultiPartContent:
            "Bucket POST must be of the enclosure-type multipart/form-data."
        case .requestTorrentOfBucketError:
            "Requesting the torrent file of a bucket is not permitted."
        case .temporaryRedirect:
            """
            Please re-send this request to the specified temporary endpoint. Continue to use the original \
            request endpoint for future requests.
            """
        case .unexpectedContent:
            "This request does not support content."
        case .unresolvableGrantByEmailAddress:
            "The email address you provided does not match any account on record."
        case .unsupportedArgument:
            "The request contained an unsupported argument."
        case .unsupportedSignature:
            """
            The provided request is signed with an unsupported STS token version or the signature version is \
            not supported.
            """
        case .userKeyMustBeSpecified:
            "The bucket POST must contain the specified field name. If it is specified, check the order of the fields."
        case .xMinioInvalidObjectName:
            "Object name contains unsupported characters."
        case .xMinioInvalidResourceName:
            "Resource name contains bad components such as \"..\" or \".\"."
        case .badDigest:
            "The Content-Md5 you specified did not match what we received."
        case .entityTooLarge:
            "Your proposed upload exceeds the maximum allowed object size."
        case .entityTooSmall:
            "Your proposed upload is smaller than the minimum allowed object size."
        case .excessData:
            "More data provided than indicated content length"
        case .incompleteBody:
            "You did not provide the number of bytes specified by the Content-Length HTTP header."
        case .incorrectNumberOfFilesInPostRequest:
            "POST requires exactly one file upload per request."
        case .invalidChunkSizeError:
            "Only the last chunk is allowed to have a size less than 8192 bytes"
        case .invalidDigest:
            "The Content-Md5 you specified is not valid."
        case .invalidPolicyDocument:
            "The content of the form does not meet the conditions specified in the policy document."
        case .malformedACLError:
            "The XML you provided was not well-formed or did not validate against our published schema."
        case .malformedTrailerError:
            "The request contained trailing data that was not well-formed or did not conform to our published schema."
        case .malformedXML:
            "The XML you provided was not well-formed or did not validate against our published schema."
        case .maxMessageLengthExceeded:
            "Your request was too big."
        case .maxPostPreDataLengthExceededError:
            "Your POST request fields preceding the upload file were too large."
        case .missingContentLength:
            "You must provide the Content-Length HTTP header."
        case .missingContentMD5:
            "Missing required header for this request: Content-Md5."
        case .missingRequestBodyError:
            "Request body is empty."
        case .postPolicyInvalidKeyName:
            "Invalid according to Policy: Policy Condition failed"
        case .requestTimeout:
            "Your socket connection to the server was not read from or written to within the timeout period."
        case .xAmzContentChecksumMismatch:
            "The provided 'x-amz-checksum' header does not match what was computed."
        case .xAmzContentSHA256Mismatch:
            "The provided 'x-amz-content-sha256' header does not match what was computed."
        case .bucketAlreadyExists:
            """
            The requested bucket name is not available. The bucket namespace is shared by all users of the \
            system. Please select a different name and try again.
            """
        case .bucketAlreadyOwnedByYou:
            "Your previous request to create the named bucket succeeded and you already own it."
        case .bucketNotEmpty:
            "The bucket you tried to delete is not empty"
        case .invalidBucketName:
            "The specified bucket is not valid."
        case .invalidBucketOwnerAWSAccountID:
            "The value of the expected bucket owner parameter must be an AWS account ID."
        case .invalidBucketState:
            "The request is not valid for the current state of the bucket."
        case .invalidTag:
            "The tag provided was not a valid tag. This error can occur if the tag did not pass input validation."
        case .malformedPolicy:
            "Policy has invalid resource."
        case .noSuchAsyncRequest:
            "The specified request was not found."
        case .noSuchBucket:
            "The specified bucket does not exist"
        case .noSuchBucketPolicy:
            "The bucket policy does not exist"
        case .noSuchConfiguration:
            "The specified configuration does not exist."
        case .noSuchCORSConfiguration:
            "The CORS configuration does not exist"
        case .noSuchLifecycleConfiguration:
            "The lifecycle configuration does not exist"
        case .noSuchPublicAccessBlockConfiguration:
            "The public access block configuration was not found"
        case .noSuchTagSet:
            "The TagSet does not exist"
        case .noSuchWebsiteConfiguration:
            "The specified bucket does not have a website configuration"
        case .objectLockConfigurationNotFoundError:
            "Object Lock configuration does not exist for this bucket"
        case .ownershipControlsNotFoundError:
            "The bucket ownership controls were not found"
        case .replicationConfigurationNotFoundError:
            "The replication configuration was not found"
        case .serverSideEncryptionConfigurationNotFoundError:
            "The server side encryption configuration was not found"
        case .tooManyBuckets:
            "You have attempted to create more buckets than allowed."
        case .conditionalRequestConflict:
            "The conditional request cannot succeed due to a conflicting operation against this resource."
        case .invalidPart:
            """
            One or more of the specified parts could not be found. The part may not have been uploaded, or \
            the specified entity tag may not match the part's entity tag.
            """
        case .invalidPartNumber:
            "The requested partnumber is not satisfiable"
        case .invalidPartOrder:
            "The list of parts was not in ascending order. The parts list must be specified in order by part number."
        case .invalidRange:
            "The requested range is not satisfiable"
        case .invalidRetentionPeriod:
            "The retention period is not valid."
        case .invalidWriteOffset:
            "The write offset value that you specified does not match the current object size."
        case .noSuchKey:
            "The specified key does not exist."
        case .noSuchObjectLockConfiguration:
            "The specified object does not have a ObjectLock configuration"
        case .noSuchUpload:
            """
            The specified multipart upload does not exist. The upload ID may be invalid, or the upload may \
            have been aborted or completed.
            """
        case .noSuchVersion:
            "The specified version does not exist."
        case .notModified:
            "Not Modified"
        case .objectAlreadyInActiveTierError:
            "This object is already in the active tier."
        case .operationAborted:
            "A conflicting conditional operation is currently in progress against this resource. Try again."
        case .preconditionFailed:
            "At least one of the pre-conditions you specified did not hold"
        case .restoreAlreadyInProgress:
            "Object restore is already in progress."
        case .tooManyParts:
            "You have attempted to upload more parts than allowed."
        case .busy:
            "The service is unavailable. Please retry."
        case .internalError:
            "We encountered an internal error, please try again."
        case .requestLimitExceeded:
            "The request rate is too high. Please reduce your request rate."
        case .serverNotInitialized:
            "Server not initialized yet, please try again."
        case .serviceUnavailable:
            "The service is unavailable. Please retry."
        case .slowDown:
            "Please reduce your request rate."
        case .slowDownRead:
            "Resource requested is unreadable, please reduce your request rate"
        case .slowDownWrite:
            "Resource requested is unwritable, please reduce your request rate"
        case .tooManyRequests:
            "Please reduce your request rate"
        case .xMinioIAMNotInitialized:
            "IAM sub-system not initialized yet, please try again."
        case .xMinioObjectTampered:
            "The requested object was modified and may be compromised"
        case .xMinioServerNotInitialized:
            "Server not initialized yet, please try again."
        case .xMinioStorageFull:
            "Storage backend has reached its minimum free drive threshold. Please delete a few objects to proceed."
        case .invalidEncryptionAlgorithmError:
            "The encryption request that you specified is not valid. The valid value is AES256."
        case .kmsServiceDisabledException:
            "The key is disabled."
        case .kmsServiceInvalidKeyUsageException:
            "The key cannot be used for this operation."
        case .kmsServiceInvalidStateException:
            "The key is not in a state that allows this operation."
        case .kmsServiceNotFoundException:
            "The key could not be found."
        case .kmsDecryptionFailed:
            "failed to decrypt ciphertext with KMS key"
        case .kmsInvalidCiphertextException:
            "failed to decrypt ciphertext"
        case .kmsKeyAlreadyExists:
            "key with given key ID already exists"
        case .kmsKeyCreationFailed:
            "failed to create KMS key"
        case .kmsKeyGenerationFailed:
            "failed to generate data key with KMS key"
        case .kmsKeyListingFailed:
            "failed to list KMS keys"
        case .kmsKeyNotFound:
            "key with given key ID does not exist"
        case .kmsNotAuthorized:
            "insufficient permissions to perform KMS operation"
        case .kmsNotSupported:
            "requested functionality is not supported"
        case .xMinioAdminBucketQuotaExceeded:
            "Bucket quota exceeded"
        case .xMinioAdminConfigBadJSON:
            "JSON configuration provided is of incorrect format"
        case .xMinioAdminConfigTooLarge:
            "Configuration data provided exceeds the allowed maximum of 262272 bytes"
        case .xMinioAdminGroupNotEmpty:
            "The specified group is not empty - cannot remove it."
        case .xMinioAdminInvalidAccessKey:
            "The access key is invalid."
        case .xMinioAdminInvalidArgument:
            "Invalid arguments specified."
        case .xMinioAdminInvalidSecretKey:
            "The secret key is invalid."
        case .xMinioAdminNoSuchGroup:
            "The specified group does not exist."
        case .xMinioAdminNoSuchPolicy:
            "The canned policy does not exist."
        case .xMinioAdminNoSuchUser:
            "The specified user does not exist."
        case .xMinioAdminPolicyChangeAlreadyApplied:
            "The specified policy change is already in effect."
        case .xMinioAdminVersionMismatch:
            "This administration API is not supported by this server."
        case .xMinioIAMPolicyInUse:
            "The policy cannot be removed, as it is in use."
        case .xMinioInvalidIAMCredentials:
            "User is not allowed to be same as admin access key."
        case .xMinioMalformedIAMPolicy:
            "Policy is not well-formed."
        }
    }
}
