import S3Protocol
import Testing

@Suite struct `Response documents` {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
    private static let prolog = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    private static let xmlns = " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

    @Test func `errors have no namespace and name only what is known`() {
        let error = S3Error(.noSuchKey, details: [("Region", "r"), ("not a name", "x"), ("UploadId", "<u>")])
        #expect(
            text(
                errorDocument(error, resource: "/b/k", requestID: "1", hostID: "2", bucket: "b", key: "k", region: "x"))
                == Self.prolog
                + "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>k</Key>"
                + "<BucketName>b</BucketName><Resource>/b/k</Resource><Region>r</Region><UploadId>&lt;u&gt;</UploadId>"
                + "<RequestId>1</RequestId><HostId>2</HostId></Error>")
        let bare = text(errorDocument(S3Error(.accessDenied), resource: "/", requestID: "1", hostID: "2"))
        #expect(!bare.contains("<Key>") && !bare.contains("<BucketName>") && !bare.contains("<Region>"))
    }

    @Test func `buckets have an owner and dates with three digits`() {
        let result = ListAllMyBucketsResult(buckets: [.init(name: "b", created: 0)])
        #expect(
            text(result.xml())
                == Self.prolog + "<ListAllMyBucketsResult\(Self.xmlns)><Owner>"
                + "<ID>02d6176db174dc93cb1b899f7c6078f08654445fe8cf1b6ce98d8855f66bdbf4</ID>"
                + "<DisplayName>minio</DisplayName></Owner><Buckets><Bucket><Name>b</Name>"
                + "<CreationDate>1970-01-01T00:00:00.000Z</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>")
    }

    @Test func `the classic region is an empty location`() {
        #expect(
            text(LocationConstraint(region: "us-east-1").xml())
                == Self.prolog + "<LocationConstraint\(Self.xmlns)></LocationConstraint>")
        #expect(text(LocationConstraint(region: "eu").xml()).contains(">eu</LocationConstraint>"))
    }

    @Test func `deletions show versions, markers and failures, quiet ones only failures`() throws {
        let entries: [DeleteResult.Entry] = [
            .deleted(key: "a", versionID: nil, deleteMarkerVersionID: nil),
            .deleted(key: "b", versionID: "v", deleteMarkerVersionID: "m"),
            .failed(key: "c", versionID: nil, S3Error(.accessDenied)),
        ]
        let loud = try XMLReader.parse(DeleteResult(entries: entries, isQuiet: false).xml())
        #expect(loud.children.map(\.name) == ["Deleted", "Deleted", "Error"])
        #expect(loud.children[0].children.map(\.name) == ["Key"])
        #expect(loud.children[1].children.map(\.text) == ["b", "v", "true", "m"])
        #expect(loud.children[2].children.map(\.text) == ["c", "AccessDenied", "Access Denied."])
        let quiet = try XMLReader.parse(DeleteResult(entries: entries, isQuiet: true).xml())
        #expect(quiet.children.map(\.name) == ["Error"])
    }

    @Test func `multipart answers carry bucket, key, upload and checksums`() throws {
        let initiated = InitiateMultipartUploadResult(bucket: "b", key: "k", uploadID: "u").xml()
        #expect(try XMLReader.parse(initiated).children.map(\.text) == ["b", "k", "u"])
        let completed = CompleteMultipartUploadResult(
            location: "http://h/b/k", bucket: "b", key: "k", etag: ETag(unquoted: "e-1"),
            checksums: [("ChecksumCRC32", "x-1"), ("ChecksumType", "COMPOSITE")])
        let root = try XMLReader.parse(completed.xml())
        #expect(root.children.map(\.name) == ["Location", "Bucket", "Key", "ETag", "ChecksumCRC32", "ChecksumType"])
        #expect(root.children.map(\.text) == ["http://h/b/k", "b", "k", "\"e-1\"", "x-1", "COMPOSITE"])
    }

    @Test func `parts are listed with their markers`() throws {
        let parameters = try ListPartsParameters([("uploadId", "u"), ("max-parts", "1"), ("part-number-marker", "2")])
        let result = ListPartsResult(
            bucket: "b", key: "k", parameters: parameters,
            parts: [
                .init(number: 3, modified: 0, etag: ETag(unquoted: "e"), size: 9, checksums: [("ChecksumCRC32", "x")])
            ],
            isTruncated: true)
        let root = try XMLReader.parse(result.xml())
        #expect(
            root.children.map(\.name) == [
                "Bucket", "Key", "UploadId", "Initiator", "Owner", "StorageClass", "PartNumberMarker",
                "NextPartNumberMarker", "MaxParts", "IsTruncated", "Part",
            ])
        #expect(try root.optionalText("NextPartNumberMarker") == "3")
        #expect(
            try root.optional("Part")?.children.map(\.text) == ["3", "1970-01-01T00:00:00.000Z", "\"e\"", "9", "x"])
    }

    @Test func `fixed answers are whole documents`() throws {
        for (document, root) in [
            (FixedAnswers.notificationConfiguration, "NotificationConfiguration"),
            (FixedAnswers.bucketLoggingStatus, "BucketLoggingStatus"),
            (FixedAnswers.accelerateConfiguration, "AccelerateConfiguration"),
            (FixedAnswers.requestPaymentConfiguration, "RequestPaymentConfiguration"),
            (FixedAnswers.accessControlPolicy, "AccessControlPolicy"),
            (CopyResult(etag: ETag(unquoted: "e"), modified: 0).objectXML(), "CopyObjectResult"),
            (CopyResult(etag: ETag(unquoted: "e"), modified: 0).partXML(), "CopyPartResult"),
        ] {
            #expect(try XMLReader.parse(document, root: root).name == root)
        }
    }
}
