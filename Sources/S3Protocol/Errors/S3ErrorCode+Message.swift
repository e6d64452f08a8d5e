extension S3ErrorCode {
    /// The text that explains this code to a person when the place that failed has nothing more precise to say.
    package var defaultMessage: String {
        switch self {
        case .accessDenied:
            "Access Denied."
        case .accessForbidden:
            "CORSResponse: This CORS request is not allowed."
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
        case .expiredToken:
            "The provided token has expired."
        case .invalidAccessKeyId:
            "The Access Key Id you provided does not exist in our records."
        case .invalidTokenId:
            "The security token included in the request is invalid"
        case .requestTimeTooSkewed:
            "The difference between the request time and the server's time is too large."
        case .signatureDoesNotMatch:
            """
            The request signature we calculated does not match the signature you provided. Check your key \
            and signing method.
            """
        case .badRequest:
            "400 BadRequest"
        case .invalidArgument:
            "Invalid Argument"
        case .invalidLocationConstraint:
            "The specified location (Region) constraint is not valid."
        case .invalidRedirectLocation:
            "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."
        case .invalidRequest:
            "Invalid Request"
        case .invalidStorageClass:
            "The storage class you specified is not valid."
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
        case .notImplemented:
            "A header you provided implies functionality that is not implemented"
        case .requestHeaderSectionTooLarge:
            "Your request header section exceeds the maximum allowed size."
        case .xMinioInvalidObjectName:
            "Object name contains unsupported characters."
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
        case .maxPostPreDataLengthExceeded:
            "Your POST request fields preceding the upload file were too large."
        case .missingContentLength:
            "You must provide the Content-Length HTTP header."
        case .missingContentMD5:
            "Missing required header for this request: Content-Md5."
        case .requestTimeout:
            "Your socket connection to the server was not read from or written to within the timeout period."
        case .xAmzContentSHA256Mismatch:
            "The provided 'x-amz-content-sha256' header does not match what was computed."
        case .accessControlListNotSupported:
            "The bucket does not allow ACLs"
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
        case .invalidBucketAclWithObjectOwnership:
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
        case .invalidBucketState:
            "The request is not valid with the current state of the bucket."
        case .invalidRetentionPeriod:
            "The retention period is not valid."
        case .invalidTag:
            "The tag provided was not a valid tag. This error can occur if the tag did not pass input validation."
        case .malformedPolicy:
            "Policy has invalid resource."
        case .noSuchBucket:
            "The specified bucket does not exist"
        case .noSuchBucketPolicy:
            "The bucket policy does not exist"
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
        case .annotationLimitExceeded:
            "The request would exceed the maximum number of annotations allowed per object."
        case .annotationNameTooLong:
            "The annotation name exceeds 512 bytes."
        case .invalidAnnotationName:
            "The annotation name you provided is invalid."
        case .invalidPrefix:
            "The annotation prefix you provided is invalid."
        case .noSuchAnnotation:
            "The specified annotation does not exist on this object."
        case .unsupportedMediaType:
            "The annotation payload is not valid UTF-8 encoded text."
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
        case .preconditionFailed:
            "At least one of the pre-conditions you specified did not hold"
        case .internalError:
            "We encountered an internal error, please try again."
        case .serviceUnavailable:
            "The service is unavailable. Please retry."
        case .slowDown:
            "Please reduce your request rate."
        case .xMinioStorageFull:
            "Storage backend has reached its minimum free drive threshold. Please delete a few objects to proceed."
        case .kmsServiceNotFoundException:
            "The key could not be found."
        case .kmsInvalidCiphertextException:
            "failed to decrypt ciphertext"
        case .kmsKeyAlreadyExists:
            "key with given key ID already exists"
        case .kmsNotAuthorized:
            "insufficient permissions to perform KMS operation"
        case .kmsNotSupported:
            "requested functionality is not supported"
        case .maxVersionsExceeded:
            "You've exceeded the limit on the number of versions you can create on this object"
        case .xMinioAdminBucketQuotaExceeded:
            "Bucket quota exceeded"
        case .xMinioAdminPolicyChangeAlreadyApplied:
            "The specified policy change is already in effect."
        case .xMinioAdminVersionMismatch:
            "This administration API is not supported by this server."
        case .xMinioAdminConfigBadJSON:
            "JSON configuration provided is of incorrect format"
        case .xMinioAdminConfigTooLarge:
            "The configuration is larger than this server takes."
        case .xMinioAdminGroupNotEmpty:
            "The specified group is not empty - cannot remove it."
        case .xMinioAdminInvalidAccessKey:
            "The access key is invalid."
        case .xMinioAdminInvalidArgument:
            "Invalid arguments specified."
        case .xMinioAdminInvalidSecretKey:
            "The secret key is invalid."
        case .xMinioAdminNoAccessKey:
            "No access key was given beside the secret key."
        case .xMinioAdminNoSecretKey:
            "No secret key was given beside the access key."
        case .xMinioAdminNoSuchAccessKey:
            "The specified access key does not exist."
        case .xMinioAdminNoSuchGroup:
            "The specified group does not exist."
        case .xMinioAdminNoSuchJob:
            "The specified job does not exist."
        case .xMinioAdminNoSuchPolicy:
            "The canned policy does not exist."
        case .xMinioAdminNoSuchUser:
            "The specified user does not exist."
        case .xMinioAdminTierNotFound:
            "The specified tier does not exist."
        case .xMinioConfigError:
            "The configuration is not valid."
        case .xMinioConfigNotFoundError:
            "The specified configuration does not exist."
        case .xMinioIAMActionNotAllowed:
            "The specified action is not allowed."
        case .xMinioIAMPolicyInUse:
            "The policy is attached to users or groups."
        case .xMinioIAMServiceAccountNotAllowed:
            "The specified service account action is not allowed."
        case .xMinioInvalidIAMCredentials:
            "The credentials cannot be used for this."
        case .xMinioInvalidResource:
            "The resource cannot be changed as asked."
        case .xMinioLDAPNotEnabled:
            "LDAP is not enabled."
        case .xMinioMalformedIAMPolicy:
            "The policy is malformed."
        case .policyInvalidName:
            "The policy's name must not contain a comma."
        }
    }
}
