import S3Protocol
import Testing

/// The headers that name what is copied or renamed.
@Suite struct CopySourceTests {
    @Test(arguments: [
        ("bucket/key", "key", nil),
        ("/bucket/key", "key", nil),
        ("%2Fbucket%2Fkey", "key", nil),
        ("bucket/a/b//c", "a/b//c", nil),
        ("bucket//key", "/key", nil),
        ("bucket/a+b%20c", "a+b c", nil),
        ("bucket/a+b%2Bc", "a b+c", nil),
        ("bucket/%C3%A9%25", "é%", nil),
        ("bucket/what?ever", "what?ever", nil),
        ("bucket/key?versionId=null", "key", "null"),
        ("bucket/a%3FversionId=1?versionId=2", "a?versionId=1", "2"),
        ("bucket/a?versionId=1?versionId=2", "a?versionId=1", "2"),
        ("bucket/key?versionId=", "key", ""),
    ])
    func `a source is read as clients write it`(header: String, key: String, version: String?) throws {
        let address = try CopySourceAddress(header: header)
        #expect(address.bucket.rawValue == "bucket")
        #expect(address.key.rawValue == key)
        #expect(address.versionID == version)
    }

    @Test(arguments: [
        "", "/", "bucket", "bucket/", "/bucket/", "//key", "bucket%", "bucket/%zz", "B/key", "bucket/%ff",
        "arn:aws:s3:region:account:accesspoint/name/object/key",
    ])
    func `what names no bucket and key is refused`(header: String) {
        #expect(throws: S3Error.self) { try CopySourceAddress(header: header) }
    }

    @Test(arguments: [
        ("key", "key"), ("/key", "key"), ("bucket/key", "key"), ("/bucket/key", "key"), ("a/b", "a/b"),
        ("/bucket/bucket/key", "bucket/key"), ("a%20b", "a b"), ("bucket", "bucket"),
    ])
    func `a renaming's source is a key, with or without its bucket`(header: String, key: String) throws {
        #expect(try RenameSourceAddress(header: header, in: BucketName("bucket")).key.rawValue == key)
    }

    @Test(arguments: ["", "/", "bucket/", "%"])
    func `a renaming without a source is refused`(header: String) throws {
        let bucket = try BucketName("bucket")
        #expect(throws: S3Error.self) { try RenameSourceAddress(header: header, in: bucket) }
    }

    @Test func `a directive is one of two words`() throws {
        let name = "x-amz-metadata-directive"
        #expect(try CopyDirective(.metadata, []) == .copy)
        #expect(try CopyDirective(.metadata, [(name, "COPY")]) == .copy)
        #expect(try CopyDirective(.metadata, [(name, "REPLACE")]) == .replace)
        #expect(try CopyDirective(.tagging, [(name, "REPLACE")]) == .copy)
        #expect(throws: S3Error.self) { try CopyDirective(.metadata, [(name, "replace it")]) }
    }

    @Test(arguments: [
        ("<SSE-S3/>", ObjectEncryption.sseS3),
        ("<SSE-KMS><KMSKeyArn>arn:aws:kms:k</KMSKeyArn></SSE-KMS>", .sseKMS(keyID: "k", bucketKey: false)),
        (
            "<SSE-KMS><BucketKeyEnabled>true</BucketKeyEnabled><KMSKeyArn>k</KMSKeyArn></SSE-KMS>",
            .sseKMS(keyID: "k", bucketKey: true)
        ),
    ])
    func `an object's new encryption is read`(element: String, expected: ObjectEncryption) throws {
        let document = Array("<ObjectEncryption>\(element)</ObjectEncryption>".utf8)
        #expect(try ObjectEncryption.parse(document) == expected)
    }

    @Test(arguments: ["", "<SSE-C/>", "<SSE-KMS/>", "<SSE-S3/><SSE-KMS><KMSKeyArn>k</KMSKeyArn></SSE-KMS>"])
    func `another encryption of an object is refused`(element: String) {
        #expect(throws: S3Error.self) {
            try ObjectEncryption.parse(Array("<ObjectEncryption>\(element)</ObjectEncryption>".utf8))
        }
    }
}
