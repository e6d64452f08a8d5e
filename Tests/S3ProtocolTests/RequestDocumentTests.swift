import S3Protocol
import Testing

@Suite struct `Request documents` {
    @Test func `DeleteObjects lists keys, versions and conditions`() throws {
        let request = try DeleteObjectsRequest.parse(
            """
            <Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><VersionId>null</VersionId><Key> a&amp;b </Key></Object>
            <Quiet>true</Quiet><Object><Key>c</Key><VersionId/><ETag>&quot;e&quot;</ETag><Size>5</Size>\
            <LastModifiedTime>Mon, 02 Jan 2006 15:04:05 GMT</LastModifiedTime></Object></Delete>
            """.utf8)
        #expect(request.isQuiet)
        #expect(request.objects.map(\.key) == [" a&b ", "c"])
        #expect(request.objects.map(\.versionID) == ["null", nil])
        #expect(request.objects[0].preconditions.isEmpty)
        let expected = DeletePreconditions(
            ifMatch: .oneOf([ETag(unquoted: "e")]), lastModified: 1_136_214_245, size: 5)
        #expect(request.objects[1].preconditions == expected)
    }

    @Test(arguments: [
        "", "<Delete/>", "<Delete><Quiet>true</Quiet></Delete>", "<Delete><Object/></Delete>",
        "<Delete><Object><Key/></Object></Delete>", "<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>",
        "<Remove><Object><Key>a</Key></Object></Remove>",
        "<Delete><Object><Key>a</Key></Object><Quiet>x</Quiet></Delete>",
        "<Delete><Object><Key>a</Key><Size>-1</Size></Object></Delete>",
        "<Delete><Object><Key>a</Key><ETag/></Object></Delete>",
        "<Delete><Object><Key>a</Key><LastModifiedTime>soon</LastModifiedTime></Object></Delete>",
        "<Delete><Object><Key><b/></Key></Object></Delete>",
    ])
    func `DeleteObjects refuses what it cannot be sure of`(_ document: String) {
        #expect(throws: S3Error(.malformedXML)) { try DeleteObjectsRequest.parse(document.utf8) }
    }

    @Test func `DeleteObjects takes a thousand keys and not one more`() throws {
        func document(_ count: Int) -> String {
            "<Delete>" + String(repeating: "<Object><Key>a</Key></Object>", count: count) + "</Delete>"
        }
        #expect(try DeleteObjectsRequest.parse(document(1000).utf8).objects.count == 1000)
        #expect(throws: S3Error(.malformedXML)) { try DeleteObjectsRequest.parse(document(1001).utf8) }
    }

    @Test func `CompleteMultipartUpload takes quoted and bare ETags, checksums and any order`() throws {
        let request = try CompleteMultipartUploadRequest.parse(
            """
            <CompleteMultipartUpload><Part><PartNumber>2</PartNumber><ETag>&#34;e2&#34;</ETag>\
            <ChecksumCRC32C>AAAAAA==</ChecksumCRC32C></Part><Part><ETag>e1</ETag><PartNumber> 1 </PartNumber></Part>\
            <Part><ETag>"e3"</ETag><PartNumber>10000</PartNumber></Part></CompleteMultipartUpload>
            """.utf8)
        #expect(request.parts.map(\.number) == [2, 1, 10_000])
        #expect(request.parts.map(\.etag.value) == ["e2", "e1", "e3"])
        #expect(request.parts[0].checksums.map(\.name) == ["ChecksumCRC32C"])
        #expect(request.parts[0].checksums.map(\.value) == ["AAAAAA=="])
    }

    @Test(
        arguments: [
            ("<CompleteMultipartUpload/>", .malformedXML),
            ("<CompleteMultipartUpload><Part><ETag>e</ETag></Part></CompleteMultipartUpload>", .malformedXML),
            (
                "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
                .malformedXML
            ),
            (
                "<CompleteMultipartUpload><Part><ETag>e</ETag><PartNumber>x</PartNumber></Part></CompleteMultipartUpload>",
                .malformedXML
            ),
            (
                "<CompleteMultipartUpload><Part><ETag>e</ETag><PartNumber>0</PartNumber></Part></CompleteMultipartUpload>",
                .invalidArgument
            ),
            (
                "<CompleteMultipartUpload><Part><ETag>e</ETag><PartNumber>10001</PartNumber></Part></CompleteMultipartUpload>",
                .invalidArgument
            ),
        ] as [(String, S3ErrorCode)])
    func `CompleteMultipartUpload refuses parts without number or tag`(_ document: String, _ code: S3ErrorCode) {
        #expect(throws: S3Error(code)) { try CompleteMultipartUploadRequest.parse(document.utf8) }
    }

    @Test func `CreateBucketConfiguration may be absent, empty or name a region`() throws {
        #expect(try CreateBucketConfiguration.parse([]).locationConstraint == nil)
        for text in [
            "<CreateBucketConfiguration/>",
            "<CreateBucketConfiguration><LocationConstraint/></CreateBucketConfiguration>",
        ] {
            #expect(try CreateBucketConfiguration.parse(text.utf8).locationConstraint == nil)
        }
        let text =
            "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"
        #expect(try CreateBucketConfiguration.parse(text.utf8).locationConstraint == "eu-west-1")
        #expect(throws: S3Error(.malformedXML)) { try CreateBucketConfiguration.parse("<X/>".utf8) }
    }
}

@Suite struct `Bucket encryption documents` {
    private func parse(_ rules: String) throws(S3Error) -> ServerSideEncryptionConfiguration {
        try ServerSideEncryptionConfiguration.parse(
            "<ServerSideEncryptionConfiguration>\(rules)</ServerSideEncryptionConfiguration>".utf8)
    }

    private func rule(_ defaults: String, _ more: String = "") -> String {
        "<Rule><ApplyServerSideEncryptionByDefault>\(defaults)</ApplyServerSideEncryptionByDefault>\(more)</Rule>"
    }

    @Test(
        arguments: [
            ("<SSEAlgorithm>AES256</SSEAlgorithm>", "", .sseS3, nil),
            ("<SSEAlgorithm>aws:kms</SSEAlgorithm>", "", .sseKMS(keyID: nil), nil),
            ("<KMSMasterKeyID>k</KMSMasterKeyID><SSEAlgorithm>aws:kms</SSEAlgorithm>", "", .sseKMS(keyID: "k"), nil),
            (
                "<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>arn:aws:kms:k</KMSMasterKeyID>",
                "<BucketKeyEnabled>true</BucketKeyEnabled>", .sseKMS(keyID: "arn:aws:kms:k"),
                true
            ),
            (
                "<SSEAlgorithm>aws:kms:dsse</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID>", "",
                .dsseKMS(keyID: "k"), nil
            ),
            ("<SSEAlgorithm>AES256</SSEAlgorithm>", "<BucketKeyEnabled>false</BucketKeyEnabled>", .sseS3, false),
        ] as [(String, String, ServerSideEncryptionConfiguration.Algorithm, Bool?)])
    func `are accepted and come back as they were put`(
        _ defaults: String, _ more: String, _ algorithm: ServerSideEncryptionConfiguration.Algorithm, _ bucketKey: Bool?
    ) throws {
        let configuration = try parse(rule(defaults, more))
        #expect(configuration == ServerSideEncryptionConfiguration(algorithm: algorithm, bucketKeyEnabled: bucketKey))
        #expect(try ServerSideEncryptionConfiguration.parse(configuration.xml()) == configuration)
    }

    private func blocked(_ type: String) -> String {
        "<BlockedEncryptionTypes><EncryptionType>\(type)</EncryptionType></BlockedEncryptionTypes>"
    }

    @Test func `say which types of encryption are blocked`() throws {
        for (element, type) in [
            (blocked("SSE-C"), BlockedEncryptionTypes.customerKeys), (blocked("NONE"), .none),
            ("<BlockedEncryptionTypes/>", .none),
        ] {
            let beside = try parse(rule("<SSEAlgorithm>AES256</SSEAlgorithm>", element))
            #expect(beside == ServerSideEncryptionConfiguration(algorithm: .sseS3, blocked: type))
            let alone = try parse("<Rule>\(element)</Rule>")
            #expect(alone == ServerSideEncryptionConfiguration(algorithm: nil, blocked: type))
            for configuration in [beside, alone] {
                #expect(try ServerSideEncryptionConfiguration.parse(configuration.xml()) == configuration)
            }
        }
    }

    @Test func `are refused with the reason`() {
        let algorithm = "<SSEAlgorithm>AES256</SSEAlgorithm>"
        for (rules, code, reason) in [
            ("", S3ErrorCode.malformedXML, "only one server-side encryption rule is allowed at a time"),
            (rule(algorithm) + rule(algorithm), .malformedXML, "only one server-side encryption rule"),
            ("<Rule/>", .malformedXML, "ApplyServerSideEncryptionByDefault"),
            (rule(""), .malformedXML, "Unknown SSE algorithm"),
            (rule("<SSEAlgorithm>aes256</SSEAlgorithm>"), .malformedXML, "Unknown SSE algorithm"),
            (rule("<SSEAlgorithm>AWS:KMS:DSSE</SSEAlgorithm>"), .malformedXML, "Unknown SSE algorithm"),
            (rule(algorithm, blocked("SSE-S3")), .malformedXML, ""),
            (rule(algorithm, blocked("sse-c")), .malformedXML, ""),
            (rule(algorithm, blocked("SSE-C") + blocked("SSE-C")), .malformedXML, ""),
            (rule(algorithm, "<BlockedEncryptionTypes><Type>SSE-C</Type></BlockedEncryptionTypes>"), .malformedXML, ""),
            (
                rule(
                    algorithm,
                    "<BlockedEncryptionTypes><EncryptionType>NONE</EncryptionType>"
                        + "<EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes>"), .malformedXML, ""
            ),
            (rule(algorithm, "<BucketKeyEnabled>x</BucketKeyEnabled>"), .malformedXML, ""),
            (rule(algorithm + "<KMSMasterKeyID>k</KMSMasterKeyID>"), .invalidArgument, "KMSMasterKeyID"),
        ] {
            let error = #expect(throws: S3Error(code)) { try parse(rules) }
            #expect(reason.isEmpty || error?.message.contains(reason) == true)
        }
    }
}
