import Cryptography
import Encryption
import HTTPServer
import KeyManagement
import Notation
import ObjectStorage
package import S3Protocol
import SealedStorage

/// The one place where the errors of every module below become S3 errors.
///
/// What is not deliberately passed on is `InternalError`: a client learns nothing of the drive from it; the log line,
/// under the request's id, has the cause.
package func s3Error(for error: any Error) -> S3Error {
    switch error {
    case let error as S3Error: error
    case let error as any RefusalConvertible: error.refusal
    case let error as SealedStorageError: S3Error(error)
    case let error as StorageError: S3Error(error)
    case let error as KeyServiceError: S3Error(error)
    case let error as BodyError: S3Error(error)
    case ResponseError.overloaded: S3Error(.slowDown, headers: [("retry-after", "1")])
    default: S3Error(.internalError)
    }
}

extension S3Error {
    init(_ error: SealedStorageError) {
        // The codes are typed: several of these errors have the same name as theirs.
        switch error {
        case .noSuchBucket: self.init(S3ErrorCode.noSuchBucket)
        case .noSuchKey: self.init(S3ErrorCode.noSuchKey)
        case .locked: self = ObjectLock.locked
        case .noSuchVersion: self.init(S3ErrorCode.noSuchVersion)
        case .deleteMarker(let marker):
            var headers = [(name: "x-amz-delete-marker", value: "true"), ("x-amz-version-id", marker.versionID)]
            guard marker.isNamed else {
                self.init(S3ErrorCode.noSuchKey, headers: headers)
                return
            }
            headers += [("allow", "DELETE"), ("last-modified", HTTPDate.format(marker.modified))]
            self.init(S3ErrorCode.methodNotAllowed, headers: headers)
        case .noSuchUpload(let id): self.init(S3ErrorCode.noSuchUpload, details: [("UploadId", id)])
        case .preconditionFailed: self.init(S3ErrorCode.preconditionFailed)
        case .conditionalConflict: self.init(S3ErrorCode.conditionalRequestConflict)
        case .overtaken: self.init(S3ErrorCode.slowDown, headers: [("retry-after", "1")])
        case .customerKeyRequired, .customerKeyNotApplicable:
            self.init(
                .invalidRequest,
                "The object was stored using a form of Server Side Encryption. "
                    + "The correct parameters must be provided to retrieve the object.")
        case .layeredEncryption:
            self.init(
                .invalidRequest,
                "The encryption of an object with two layers (aws:kms:dsse) cannot be updated. Copy it instead.")
        case .noSuchAnnotation: self.init(S3ErrorCode.noSuchAnnotation)
        case .annotationLimitExceeded: self.init(S3ErrorCode.annotationLimitExceeded)
        case .annotationUnderCustomerKey:
            self.init(
                .invalidRequest, "Objects encrypted with customer-provided keys (SSE-C) cannot have annotations.")
        case .wrongCustomerKey: self.init(.accessDenied)
        }
    }

    init(_ error: StorageError) {
        // The codes are typed: several storage errors have the same name as theirs.
        let code: S3ErrorCode
        var headers: [(name: String, value: String)] = []
        switch error {
        case .noSuchBucket: code = .noSuchBucket
        case .bucketExists: code = .bucketAlreadyOwnedByYou
        case .bucketNotEmpty: code = .bucketNotEmpty
        case .noSuchKey: code = .noSuchKey
        case .noSuchUpload: code = .noSuchUpload
        case .partsChanged: code = .invalidPart
        case .diskFull: code = .xMinioStorageFull
        case .quotaExceeded: code = .xMinioAdminBucketQuotaExceeded
        case .tooManyVersions: code = .maxVersionsExceeded
        case .closed, .historyLocked:
            code = .serviceUnavailable
            headers = [("retry-after", "5")]
        case .overloaded:
            code = .slowDown
            headers = [("retry-after", "1")]
        case .driveLocked, .newerFormat, .unusable, .noSuchDataKey, .noSuchBlob, .blobMissing, .syncFailed, .io,
            .database, .corrupt, .rolledBack:
            code = .internalError
        }
        self.init(code, headers: headers)
    }

    init(_ error: KeyServiceError) {
        switch error {
        case .keyNotFound(let key):
            self.init(.kmsServiceNotFoundException, "Invalid keyId '\(key)'")
        case .keyExists: self.init(.kmsKeyAlreadyExists)
        case .invalidKeyID(let key):
            self.init(
                .invalidArgument, "Invalid KMS key id '\(key)'",
                details: [("ArgumentName", "x-amz-server-side-encryption-aws-kms-key-id")])
        case .notAuthentic: self.init(.kmsInvalidCiphertextException)
        case .notAuthorized: self.init(.kmsNotAuthorized)
        case .notSupported: self.init(.kmsNotSupported)
        case .unavailable:
            self.init(
                .serviceUnavailable, "The key management service cannot be reached. Please try again.",
                headers: [("retry-after", "5")])
        }
    }

    init(_ error: BodyError) {
        switch error {
        case .disconnected: self.init(.incompleteBody)
        case .stalled: self.init(.requestTimeout)
        case .overloaded: self.init(S3ErrorCode.slowDown, headers: [("retry-after", "1")])
        case .malformed: self.init(.incompleteBody, "The chunked request body is malformed.")
        case .tooLarge: self.init(.maxMessageLengthExceeded)
        }
    }
}
