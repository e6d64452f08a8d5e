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
        ("POST", .bucket, ["delete"], "DeleteObjects"),
        ("PUT", .object, ["x-id"], "PutObject"),
        ("PUT", .object, ["partNumber", "uploadId"], "UploadPart"),
        ("GET", .object, ["uploadId", "max-parts"], "ListParts"),
        ("GET", .object, ["partNumber"], "GetObject"),
        ("GET", .object, ["versionId", "response-content-type"], "GetObject"),
        ("DELETE", .object, ["uploadId"], "AbortMultipartUpload"),
        ("POST", .object, ["uploads"], "CreateMultipartUpload"),
        ("POST", .object, ["uploadId"], "CompleteMultipartUpload"),
        ("HEAD", .object, ["foo"], "HeadObject"),
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

    /// The rule that keeps `DELETE /bucket?ownershipControls` from deleting the bucket.
    @Test(arguments: SubResource.known.sorted(), ["GET", "HEAD", "PUT", "POST", "DELETE"])
    func `a known sub-resource never reaches the operation of the bare resource`(subResource: String, method: String) {
        for level in [ResourceLevel.service, .bucket, .object] {
            do throws(S3Error) {
                let found = try OperationTable.operation(
                    method: method, level: level, query: [(subResource, "")], hasHeader: { _ in false })
                let route = found.route
                #expect(route.required.contains(subResource) || route.optional.contains(subResource))
            } catch {
                #expect(error.code == .notImplemented)
            }
        }
    }

    @Test func `no two operations claim the same request equally`() {
        for (index, one) in OperationTable.operations.enumerated() {
            for other in OperationTable.operations[(index + 1)...] {
                let (a, b) = (one.route, other.route)
                let sameRequest =
                    a.method == b.method && a.level == b.level && a.required.isSubset(of: b.required.union(b.optional))
                    && b.required.isSubset(of: a.required.union(a.optional))
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
