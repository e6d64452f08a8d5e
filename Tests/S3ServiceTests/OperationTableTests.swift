import S3Protocol
import S3Service
import Testing

@Suite struct OperationTableTests {
    private func name(
        _ method: String, _ level: ResourceLevel, _ query: [String] = [], headers: Set<String> = []
    ) throws(S3Error) -> String {
        try OperationTable.operation(
            method: method, level: level, query: query.map { ($0, "") }, hasHeader: { headers.contains($0) }
        ).name
    }

    @Test(arguments: [
        ("GET", ResourceLevel.service, [], "ListBuckets"),
        ("GET", .bucket, [], "ListObjects"),
        ("GET", .bucket, ["list-type", "prefix"], "ListObjectsV2"),
        ("GET", .bucket, ["location"], "GetBucketLocation"),
        ("PUT", .bucket, [], "CreateBucket"),
        ("PUT", .bucket, ["encryption"], "PutBucketEncryption"),
        ("DELETE", .bucket, ["cors"], "DeleteBucketCors"),
        ("GET", .bucket, ["tagging"], "GetBucketTagging"),
        ("PUT", .object, ["tagging", "versionId"], "PutObjectTagging"),
        ("DELETE", .object, ["tagging"], "DeleteObjectTagging"),
        ("GET", .object, ["attributes", "versionId"], "GetObjectAttributes"),
        ("POST", .bucket, ["delete"], "DeleteObjects"),
        ("POST", .bucket, [], "PostObject"),
        ("GET", .bucket, ["uploads", "prefix"], "ListMultipartUploads"),
        ("PUT", .object, ["x-id"], "PutObject"),
        ("PUT", .object, ["partNumber", "uploadId"], "UploadPart"),
        ("GET", .object, ["uploadId", "max-parts"], "ListParts"),
        ("GET", .object, ["partNumber"], "GetObject"),
        ("GET", .object, ["versionId", "response-content-type"], "GetObject"),
        ("DELETE", .object, ["uploadId"], "AbortMultipartUpload"),
        ("POST", .object, ["uploads"], "CreateMultipartUpload"),
        ("POST", .object, ["uploadId"], "CompleteMultipartUpload"),
        ("PUT", .object, ["renameObject"], "RenameObject"),
        ("PUT", .object, ["encryption"], "UpdateObjectEncryption"),
        ("PUT", .object, ["encryption", "versionId"], "UpdateObjectEncryption"),
        ("HEAD", .object, [], "HeadObject"),
        ("HEAD", .service, [], "ListBuckets"),
        ("PUT", .bucket, ["versioning"], "PutBucketVersioning"),
        ("GET", .bucket, ["versions", "prefix"], "ListObjectVersions"),
        ("PUT", .bucket, ["object-lock"], "PutObjectLockConfiguration"),
        ("PUT", .object, ["retention", "versionId"], "PutObjectRetention"),
        ("GET", .object, ["legal-hold"], "GetObjectLegalHold"),
        ("DELETE", .object, ["versionId"], "DeleteObject"),
    ])
    func `a request finds its operation`(
        method: String, level: ResourceLevel, query: [String], expected: String
    ) throws {
        #expect(try name(method, level, query) == expected)
    }

    @Test func `a copy is not taken for an upload`() throws {
        #expect(try name("PUT", .object, headers: ["x-amz-copy-source"]) == "CopyObject")
        #expect(
            try name("PUT", .object, ["partNumber", "uploadId"], headers: ["x-amz-copy-source"]) == "UploadPartCopy")
    }

    @Test func `a forced deletion is told by its header from the usual one and from that of a setting`() throws {
        #expect(try name("DELETE", .bucket, headers: ["x-minio-force-delete"]) == "ForceDeleteBucket")
        #expect(try name("DELETE", .object, headers: ["x-minio-force-delete"]) == "ForceDeleteObject")
        #expect(try name("DELETE", .bucket, ["tagging"], headers: ["x-minio-force-delete"]) == "DeleteBucketTagging")
        #expect(throws: S3Error(.notImplemented)) {
            try name("DELETE", .object, ["versionId"], headers: ["x-minio-force-delete"])
        }
    }

    private static let subResources = [
        "metadataTable", "torrent", "invented-tomorrow",
    ]

    /// The rule that keeps `DELETE /bucket?ownershipControls` from deleting the bucket, whatever S3 will add to the list.
    @Test(arguments: subResources, ["GET", "HEAD", "PUT", "POST", "DELETE"])
    func `a query key that no operation knows never reaches one`(key: String, method: String) {
        for level in [ResourceLevel.service, .bucket, .object] {
            for query in [[key], [key, "id"], [key, "versionId"]] {
                #expect(throws: S3Error(.notImplemented)) { try name(method, level, query) }
            }
        }
    }

    @Test func `a write with a key that it does not understand is refused, with a value too`() {
        for operation in OperationTable.operations {
            let route = operation.route
            guard !route.isRead else { continue }
            let query = route.required.map { ($0, "1") } + [("invented-tomorrow", "1")]
            #expect(throws: S3Error(.notImplemented), "\(operation.name)") {
                try OperationTable.operation(
                    method: route.method, level: route.level, query: query, hasHeader: { $0 == route.header })
            }
        }
    }

    @Test func `a read ignores an unknown key with a value`() throws {
        let found = try OperationTable.operation(
            method: "GET", level: .object, query: [("cache-buster", "17")], hasHeader: { _ in false })
        #expect(found.name == "GetObject")
    }

    @Test(arguments: ["x-id", "AWSAccessKeyId", "Signature", "Expires", "X-Amz-Signature", "x-amz-meta-a"])
    func `what every request may carry changes nothing`(key: String) throws {
        #expect(try name("PUT", .object, [key]) == "PutObject")
        #expect(try name("DELETE", .object, [key]) == "DeleteObject")
    }

    @Test func `no two operations claim the same request equally`() {
        for (index, one) in OperationTable.operations.enumerated() {
            for other in OperationTable.operations[(index + 1)...] {
                let (a, b) = (one.route, other.route)
                let sameRequest =
                    a.method == b.method && a.level == b.level && a.required == b.required
                #expect(
                    !sameRequest || a.specificity != b.specificity || a.header != b.header,
                    "\(one.name) and \(other.name)")
            }
        }
    }

    @Test(arguments: ["PATCH", "OPTIONS", "get", ""])
    func `a method that S3 does not have is refused`(method: String) {
        #expect(throws: S3Error(.methodNotAllowed)) { try name(method, .object) }
    }
}
