import KeyManagement
import ObjectStorage
import Requests
import S3Protocol
import SealedStorage
import Testing

@Suite struct ErrorMappingTests {
    @Test(arguments: [
        (StorageError.noSuchBucket, S3ErrorCode.noSuchBucket), (.noSuchKey, .noSuchKey), (.noSuchUpload, .noSuchUpload),
        (.bucketNotEmpty, .bucketNotEmpty), (.partsChanged, .invalidPart), (.diskFull, .xMinioStorageFull),
        (.overloaded, .slowDown), (.closed, .serviceUnavailable), (.database("x"), .internalError),
        (.io(operation: "read", errno: 5), .internalError),
    ])
    func `storage errors become their S3 codes`(error: StorageError, code: S3ErrorCode) {
        #expect(s3Error(for: error).code == code)
    }

    @Test(arguments: [
        (SealedStorageError.noSuchBucket, S3ErrorCode.noSuchBucket), (.noSuchKey, .noSuchKey),
        (.noSuchUpload("u"), .noSuchUpload), (.preconditionFailed, .preconditionFailed),
        (.conditionalConflict, .conditionalRequestConflict),
        (.customerKeyRequired, .invalidRequest), (.customerKeyNotApplicable, .invalidRequest),
        (.wrongCustomerKey, .accessDenied),
    ])
    func `sealed storage's refusals become their S3 codes`(error: SealedStorageError, code: S3ErrorCode) {
        #expect(s3Error(for: error).code == code)
    }

    @Test func `a conditional write that others were faster than can be tried again`() {
        let answer = s3Error(for: SealedStorageError.conditionalConflict)
        #expect(answer.status == 409 && answer.code.rawValue == "ConditionalRequestConflict")
    }

    @Test(arguments: [
        (KeyServiceError.keyNotFound("k"), 400), (.keyExists("k"), 409), (.invalidKeyID("k"), 400),
        (.notAuthorized, 403), (.notSupported("x"), 501), (.unavailable("x"), 503),
    ])
    func `a key service's trouble is never a missing object`(error: KeyServiceError, status: Int) {
        #expect(s3Error(for: error).status == status)
    }

    @Test func `corruption tells the client nothing`() {
        let answer = s3Error(for: Corruption(what: "data of object \"secret-name\""))
        #expect(answer.code == .internalError)
        #expect(!answer.message.contains("secret-name"))
    }

    @Test(arguments: [
        ("/b/k", "/b/k"),
        ("/b/k?X-Amz-Signature=abc&X-Amz-Credential=d", "/b/k?X-Amz-Signature=…&X-Amz-Credential=…"),
        ("/b?list-type=2&prefix=a%20b", "/b?list-type=2&prefix=a%20b"),
        ("/b/k?AWSAccessKeyId=a&Signature=s&Expires=1", "/b/k?AWSAccessKeyId=…&Signature=…&Expires=…"),
    ])
    func `logged targets have no signatures`(target: String, shown: String) {
        #expect(LoggedTarget(target).description == shown)
    }
}
