import HTTPServerTesting
import Notation
import Testing

/// Copies between versions, and into buckets that keep them or lock them.
@Suite struct CopyVersionTests {
    private func copy(
        _ fixture: S3Fixture, _ source: String, to target: String, _ headers: [(name: String, value: String)] = []
    ) async throws -> MemoryResponse {
        try await fixture.call("PUT", target, [("x-amz-copy-source", source)] + headers)
    }

    @Test func `a copy is a version of its own, and the version that was copied is named`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.setVersioning("Enabled")
        let first = try #require(try await fixture.put("k", 1))
        let second = try #require(try await fixture.put("k", 2))
        let current = try await copy(fixture, "/bucket/k", to: "/bucket/copy")
        #expect(current.status == 200 && current.header("x-amz-copy-source-version-id") == second)
        let older = try await copy(fixture, "/bucket/k?versionId=\(first)", to: "/bucket/copy")
        #expect(older.status == 200 && older.header("x-amz-copy-source-version-id") == first)
        let ids = [try #require(current.header("x-amz-version-id")), try #require(older.header("x-amz-version-id"))]
        #expect(Set(ids + [first, second]).count == 4)
        for (id, byte) in zip(ids, [2, 1] as [UInt8]) {
            #expect(try await fixture.call("GET", "/bucket/copy?versionId=\(id)").body == [byte])
        }
        #expect(try await fixture.call("GET", "/bucket/copy").header("x-amz-version-id") == ids[1])
    }

    @Test func `an older version is restored by copying it onto its key, and a delete marker is no source`()
        async throws
    {
        let fixture = try await S3Fixture()
        try await fixture.setVersioning("Enabled")
        let first = try #require(try await fixture.put("k", 1))
        _ = try await fixture.put("k", 2)
        let marker = try #require(try await fixture.call("DELETE", "/bucket/k").header("x-amz-version-id"))
        #expect(try await copy(fixture, "/bucket/k", to: "/bucket/other").status == 404)
        #expect(try await copy(fixture, "/bucket/k?versionId=\(marker)", to: "/bucket/other").status == 400)
        #expect(try await copy(fixture, "/bucket/k?versionId=\(first)", to: "/bucket/k").status == 200)
        #expect(try await fixture.call("GET", "/bucket/k").body == [1])
        #expect(try await fixture.call("GET", "/bucket?versions").elements("VersionId").count == 4)
        #expect(try await copy(fixture, "/bucket/k?versionId=nonsense", to: "/bucket/k").status == 400)
    }

    @Test func `the bytes of a copy stay when the version goes that it shares them with`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.setVersioning("Enabled")
        let bytes = CopyTests.bytes(300_000)
        let put = try await fixture.call("PUT", "/bucket/k", body: bytes)
        let version = try #require(put.header("x-amz-version-id"))
        #expect(try await copy(fixture, "/bucket/k", to: "/bucket/copy").status == 200)
        #expect(try await fixture.blobCount() == 1)
        #expect(try await fixture.call("DELETE", "/bucket/k?versionId=\(version)").status == 204)
        #expect(try await fixture.blobCount() == 1)
        #expect(try await fixture.call("GET", "/bucket/copy").body == bytes)
    }

    @Test func `a part is copied from the version that is named`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.setVersioning("Enabled")
        let first = try #require(try await fixture.put("k", 1))
        _ = try await fixture.put("k", 2)
        let upload = try await fixture.call("POST", "/bucket/new?uploads").element("UploadId")
        let part = try await copy(
            fixture, "/bucket/k?versionId=\(first)", to: "/bucket/new?partNumber=1&uploadId=\(upload)")
        #expect(part.status == 200 && part.header("x-amz-copy-source-version-id") == first)
        let document =
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\(part.element("ETag"))</ETag></Part>"
            + "</CompleteMultipartUpload>"
        #expect(
            try await fixture.call("POST", "/bucket/new?uploadId=\(upload)", body: Array(document.utf8)).status == 200)
        #expect(try await fixture.call("GET", "/bucket/new").body == [1])
    }

    @Test func `a copy gets the retention of its bucket, or that of its own headers, never its source's`()
        async throws
    {
        let fixture = try await S3Fixture()
        try await fixture.makeLockedBucket()
        let held = try await fixture.putLocked("held", [("x-amz-object-lock-legal-hold", "ON")])
        let unlocked = try await copy(fixture, "/locked/held?versionId=\(held)", to: "/locked/free")
        #expect(try await fixture.call("HEAD", "/locked/free").header("x-amz-object-lock-legal-hold") == nil)
        #expect(try await fixture.delete("free", unlocked.header("x-amz-version-id") ?? "") == 204)

        let rule =
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>"
            + "<Mode>COMPLIANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>"
        #expect(try await fixture.call("PUT", "/locked?object-lock", body: Array(rule.utf8)).status == 200)
        for (key, headers, mode) in [
            ("default", [], "COMPLIANCE"),
            (
                "own",
                [
                    ("x-amz-object-lock-mode", "GOVERNANCE"),
                    ("x-amz-object-lock-retain-until-date", "2100-01-01T00:00:00Z"),
                ], "GOVERNANCE"
            ),
        ] as [(String, [(name: String, value: String)], String)] {
            let copied = try await copy(fixture, "/locked/held", to: "/locked/\(key)", headers)
            #expect(copied.status == 200)
            #expect(try await fixture.call("HEAD", "/locked/\(key)").header("x-amz-object-lock-mode") == mode)
            #expect(try await fixture.delete(key, copied.header("x-amz-version-id") ?? "") == 403)
        }
        // A bucket without object lock takes none with a copy either.
        let refused = try await copy(
            fixture, "/locked/held", to: "/bucket/k", [("x-amz-object-lock-legal-hold", "ON")])
        #expect(refused.status == 400)
    }
}
