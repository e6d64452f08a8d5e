import AdminService
import HTTPServerTesting
import Testing

/// What is taken for a job, and what is not: what is not understood might be what spares an object.
@Suite struct JobTests {
    private static let rotation = """
        keyrotate:
          apiVersion: v1
          bucket: bucket   # of this server
          prefix: "a/"
          encryption: {type: sse-kms, key: key, context: "eyJhIjoiYiJ9"}
          flags:
            filter:
              newerThan: 7d10h
              createdAfter: 2020-01-31T00:00:00Z
              tags:
                - key: "name"
                  value: 'pick*'
                - {key: other, value: "x"}
            retry:
              attempts: 3
              delay: 25ms
        """
    private static let expiration = """
        expire:
          apiVersion: v1
          bucket: bucket
          prefix: [a/, b/]
          rules:
            - type: object
              name: "*.tmp"
              olderThan: 1h
              size:
                lessThan: 10MiB
              purge:
                retainVersions: 2
            - type: deleted
        """

    private func start(_ text: String) async throws -> MemoryResponse {
        let fixture = try await AdminFixture()
        try await fixture.makeBucket("bucket")
        return try await fixture.call("POST", "/minio/admin/v3/start-job", body: Array(text.utf8))
    }

    @Test(arguments: [rotation, expiration])
    func `jobs are started, listed, described and cancelled`(text: String) async throws {
        let fixture = try await AdminFixture()
        try await fixture.makeBucket("bucket")
        let started = try await fixture.call("POST", "/minio/admin/v3/start-job", body: Array(text.utf8))
        #expect(started.status == 200, "\(started.text)")
        let id = try #require(started.text.firstMatch(of: /"id":"([^"]+)"/)?.output.1)
        #expect(try await fixture.call("GET", "/minio/admin/v3/list-jobs?jobType=").text.contains(id))
        #expect(try await fixture.call("GET", "/minio/admin/v3/list-jobs?jobType=other").text == "{\"jobs\":[]}")
        let status = try await fixture.call("GET", "/minio/admin/v3/status-job?jobId=\(id)")
        #expect(status.text.contains("\"complete\":false"), "\(status.text)")
        let described = try await fixture.call("GET", "/minio/admin/v3/describe-job?jobId=\(id)")
        #expect(described.text.hasPrefix("replicate: null\n"), "\(described.text)")
        let metrics = try await fixture.call("GET", "/minio/admin/v3/metrics?types=8&n=1&by-jobID=\(id)")
        #expect(metrics.text.contains("\"final\":true") && metrics.text.contains(id), "\(metrics.text)")
        #expect(try await fixture.call("DELETE", "/minio/admin/v3/cancel-job?id=\(id)").status == 204)
        #expect(
            try await fixture.call("GET", "/minio/admin/v3/describe-job?jobId=\(id)").code == "XMinioAdminNoSuchJob")
        #expect(try await fixture.call("DELETE", "/minio/admin/v3/cancel-job?id=\(id)").status == 204)
    }

    @Test(arguments: [
        "", "nonsense", "keyrotate:", "other:\n  a: b", "\(rotation)\n\(expiration)",
        rotation.replacing("v1", with: "v2"), rotation.replacing("bucket: bucket", with: "bucket:"),
        rotation.replacing("prefix:", with: "prefx:"), rotation.replacing("newerThan:", with: "newerThen:"),
        rotation.replacing("7d10h", with: "a week"), rotation.replacing("2020-01-31T00:00:00Z", with: "date"),
        rotation.replacing("sse-kms", with: "sse-c"), rotation.replacing("eyJhIjoiYiJ9", with: "e30x"),
        expiration.replacing("type: object", with: "type: any"), expiration.replacing("10MiB", with: "big"),
        expiration.replacing("retainVersions: 2", with: "retainVersions: -1"),
        expiration.replacing("name: \"*.tmp\"", with: "name: *.tmp"), expiration.replacing("rules:", with: "rule:"),
        expiration.replacing("- type: deleted", with: "- type: deleted\n      tags: [{key: a, value: b}]"),
        expiration.replacing("    - type", with: "   - type"), "expire: &a\n  b: *a", "expire: [[[[[[[[[[[[[[[[",
        "expire:\n" + String(repeating: "- ", count: 20_000), "expire: {" + String(repeating: "a: {", count: 10_000),
    ])
    func `what is not understood is refused`(text: String) async throws {
        let answer = try await start(text)
        #expect(answer.status == 400, "\(answer.status) \(answer.text)")
        #expect(answer.code == "XMinioAdminInvalidArgument", "\(answer.text)")
    }

    @Test func `what is not there, and what nobody does, is said`() async throws {
        #expect(
            try await start(Self.rotation.replacing("bucket: bucket", with: "bucket: absent")).code == "NoSuchBucket")
        #expect(
            try await start(Self.rotation.replacing("key: key", with: "key: absent")).code == "KMS.NotFoundException")
        #expect(try await start("replicate:\n  apiVersion: v1").code == "NotImplemented")
        for address in ["localhost", "ftp://localhost/", "http://a b/"] {
            let notified = Self.expiration + "\n  notify:\n    endpoint: \"\(address)\""
            #expect(try await start(notified).code == "XMinioAdminInvalidArgument")
        }
    }
}
