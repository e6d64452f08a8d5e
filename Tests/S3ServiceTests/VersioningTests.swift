import Cryptography
import HTTPServerTesting
import S3Service
import TestSupport
import Testing

extension S3Fixture {
    /// Sets the versioning of ``bucket``.
    func setVersioning(_ status: String) async throws {
        let answer = try await call(
            "PUT", "/\(Self.bucket)?versioning",
            body: Array("<VersioningConfiguration><Status>\(status)</Status></VersioningConfiguration>".utf8))
        precondition(answer.status == 200, "versioning was set: \(answer.text)")
    }

    /// Puts an object, and gives the version id of the answer.
    @discardableResult
    func put(_ key: String, _ byte: UInt8) async throws -> String? {
        let answer = try await call("PUT", "/\(Self.bucket)/\(key)", body: [byte])
        precondition(answer.status == 200, "the object was put: \(answer.text)")
        return answer.header("x-amz-version-id")
    }

    func deleteMany(
        _ objects: String, in bucket: String = S3Fixture.bucket, _ headers: [(name: String, value: String)] = []
    ) async throws -> MemoryResponse {
        let document = Array("<Delete>\(objects)</Delete>".utf8)
        return try await call(
            "POST", "/\(bucket)?delete",
            headers + [("content-md5", Base64.encode(Digest.hash(.md5, document)))], body: document)
    }
}

/// Versioning as S3's clients see it.
@Suite struct VersioningTests {
    @Test func `a bucket says what its versioning is, and takes no nonsense`() async throws {
        let fixture = try await S3Fixture()
        func status() async throws -> [String] {
            try await fixture.call("GET", "/bucket?versioning").elements("Status")
        }
        #expect(try await status() == [])
        for wanted in ["Enabled", "Suspended", "Enabled"] {
            try await fixture.setVersioning(wanted)
            #expect(try await status() == [wanted])
        }
        let refused = [
            ("<Status>enabled</Status>", 400), ("", 400), ("<Status>Disabled</Status>", 400),
            ("<Status>Suspended</Status><MfaDelete>Enabled</MfaDelete>", 501),
            ("<Status>Suspended</Status><ExcludedPrefixes><Prefix>a</Prefix></ExcludedPrefixes>", 400),
            ("<Status>Suspended</Status><ExcludeFolders>true</ExcludeFolders>", 400),
        ]
        for (content, expected) in refused {
            let answer = try await fixture.call(
                "PUT", "/bucket?versioning",
                body: Array("<VersioningConfiguration>\(content)</VersioningConfiguration>".utf8))
            #expect(answer.status == expected, "\(content)")
        }
        #expect(try await status() == ["Enabled"])
        #expect(try await fixture.call("GET", "/none?versioning").status == 404)
    }

    @Test func `without versioning nothing tells of versions, and null is the only one`() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.put("k", 1) == nil)
        for target in ["/bucket/k", "/bucket/k?versionId=null"] {
            let got = try await fixture.call("GET", target)
            #expect(got.body == [1] && got.header("x-amz-version-id") == nil)
        }
        let unknown = try await fixture.call("GET", "/bucket/k?versionId=\(String(repeating: "0", count: 32))")
        #expect(unknown.status == 404 && unknown.element("Code") == "NoSuchVersion")
        for id in ["", "Null", "x", String(repeating: "A", count: 32), String(repeating: "0", count: 33)] {
            for method in ["GET", "DELETE"] {
                let answer = try await fixture.call(method, "/bucket/k?versionId=\(id)")
                #expect(answer.status == 400 && answer.element("Code") == "InvalidArgument", "\(id)")
            }
        }
        let deleted = try await fixture.call("DELETE", "/bucket/k")
        #expect(deleted.status == 204 && deleted.header("x-amz-delete-marker") == nil)
        #expect(deleted.header("x-amz-version-id") == nil)
        #expect(try await fixture.call("GET", "/bucket?versions").elements("Key") == [])
    }

    @Test func `every version is kept, found by its id, and goes by its id alone`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.put("k", 0)
        try await fixture.setVersioning("Enabled")
        var ids = ["null"]
        for byte in 1...3 as ClosedRange<UInt8> { ids.append(try #require(try await fixture.put("k", byte))) }
        #expect(Set(ids).count == 4 && ids.dropFirst().allSatisfy { $0.utf8.count == 32 })
        for (index, id) in ids.enumerated() {
            for method in ["GET", "HEAD"] {
                let got = try await fixture.call(method, "/bucket/k?versionId=\(id)")
                #expect(got.status == 200 && got.header("x-amz-version-id") == id)
                if method == "GET" { #expect(got.body == [UInt8(index)]) }
            }
        }
        #expect(try await fixture.call("GET", "/bucket/k").header("x-amz-version-id") == ids[3])

        let hidden = try await fixture.call("DELETE", "/bucket/k")
        let marker = try #require(hidden.header("x-amz-version-id"))
        #expect(hidden.status == 204 && hidden.header("x-amz-delete-marker") == "true")
        for method in ["GET", "HEAD"] {
            let absent = try await fixture.call(method, "/bucket/k")
            #expect(absent.status == 404 && absent.header("x-amz-delete-marker") == "true")
            #expect(absent.header("x-amz-version-id") == marker)
            let named = try await fixture.call(method, "/bucket/k?versionId=\(marker)")
            #expect(named.status == 405 && named.header("x-amz-delete-marker") == "true")
            #expect(named.header("allow") == "DELETE" && named.header("last-modified") != nil)
        }
        #expect(try await fixture.call("GET", "/bucket?list-type=2").elements("Key") == [])
        #expect(try await fixture.call("DELETE", "/bucket").element("Code") == "BucketNotEmpty")

        let undeleted = try await fixture.call("DELETE", "/bucket/k?versionId=\(marker)")
        #expect(undeleted.header("x-amz-delete-marker") == "true" && undeleted.header("x-amz-version-id") == marker)
        #expect(try await fixture.call("GET", "/bucket/k").body == [3])
        for id in [ids[3], ids[1], "null"] {
            let gone = try await fixture.call("DELETE", "/bucket/k?versionId=\(id)")
            #expect(gone.status == 204 && gone.header("x-amz-version-id") == id)
            #expect(gone.header("x-amz-delete-marker") == nil)
            #expect(try await fixture.call("GET", "/bucket/k?versionId=\(id)").element("Code") == "NoSuchVersion")
        }
        #expect(try await fixture.call("GET", "/bucket/k").body == [2])
        #expect(try await fixture.call("DELETE", "/bucket/k?versionId=\(ids[2])").status == 204)
        #expect(try await fixture.call("DELETE", "/bucket").status == 204)
    }

    @Test func `while versioning is suspended, the null version is written over and the others stay`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.setVersioning("Enabled")
        let kept = try #require(try await fixture.put("k", 1))
        try await fixture.setVersioning("Suspended")
        for byte in 2...3 as ClosedRange<UInt8> { #expect(try await fixture.put("k", byte) == nil) }
        #expect(try await fixture.call("GET", "/bucket?versions").elements("VersionId") == ["null", kept])
        let hidden = try await fixture.call("DELETE", "/bucket/k")
        #expect(hidden.header("x-amz-version-id") == "null" && hidden.header("x-amz-delete-marker") == "true")
        #expect(try await fixture.call("GET", "/bucket?versions").elements("VersionId") == ["null", kept])
        let absent = try await fixture.call("GET", "/bucket/k?versionId=null")
        #expect(absent.status == 405)
        let undeleted = try await fixture.call("DELETE", "/bucket/k?versionId=null")
        #expect(undeleted.header("x-amz-delete-marker") == "true")
        #expect(try await fixture.call("GET", "/bucket/k").body == [1])
    }

    @Test func `a multipart object is a version, also to who asks again`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.setVersioning("Enabled")
        let first = try await fixture.put("k", 1)
        let begun = try await fixture.call("POST", "/bucket/k?uploads")
        let id = begun.element("UploadId")
        let part = try await fixture.call("PUT", "/bucket/k?partNumber=1&uploadId=\(id)", body: [9])
        let document = Array(
            ("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\(part.header("etag") ?? "")</ETag></Part>"
                + "</CompleteMultipartUpload>").utf8)
        var ids: Set<String?> = []
        for _ in 0..<2 {
            let answer = try await fixture.call("POST", "/bucket/k?uploadId=\(id)", body: document)
            #expect(answer.status == 200, "\(answer.text)")
            ids.insert(answer.header("x-amz-version-id"))
        }
        let version = try #require(ids.compactMap(\.self).first)
        #expect(ids.count == 1 && version != first)
        #expect(try await fixture.call("GET", "/bucket/k?versionId=\(version)&partNumber=1").body == [9])
        #expect(try await fixture.call("GET", "/bucket/k?versionId=\(first ?? "")").body == [1])
    }

    @Test func `a deletion of many tells of each what became of it`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.setVersioning("Enabled")
        let version = try #require(try await fixture.put("a", 1))
        try await fixture.put("b", 1)
        let marker = try #require(try await fixture.call("DELETE", "/bucket/b").header("x-amz-version-id"))
        let answer = try await fixture.deleteMany(
            "<Object><Key>a</Key><VersionId>\(version)</VersionId></Object>"
                + "<Object><Key>b</Key><VersionId>\(marker)</VersionId></Object>"
                + "<Object><Key>c</Key></Object><Object><Key>d</Key><VersionId>x</VersionId></Object>")
        #expect(answer.elements("Code") == ["InvalidArgument"])
        #expect(answer.elements("VersionId") == [version, marker, "x"])
        let markers = answer.elements("DeleteMarkerVersionId")
        #expect(markers.count == 2 && markers[0] == marker)
        #expect(try await fixture.call("GET", "/bucket/b").body == [1])
        let listed = try await fixture.call("GET", "/bucket?versions&prefix=c")
        #expect(listed.text.contains("<DeleteMarker><Key>c</Key><VersionId>\(markers[1])</VersionId>"))
    }

    @Test func `conditions of a deletion are about the version that is meant`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.setVersioning("Enabled")
        let old = try #require(try await fixture.put("k", 1))
        let tag = try #require(try await fixture.call("HEAD", "/bucket/k").header("etag"))
        try await fixture.put("k", 2)
        func delete(_ rest: String, _ condition: String) async throws -> Int {
            try await fixture.call("DELETE", "/bucket/k\(rest)", [("if-match", condition)]).status
        }
        #expect(try await delete("", tag) == 412)
        #expect(try await delete("?versionId=\(old)", "\"other\"") == 412)
        #expect(try await delete("?versionId=\(old)", tag) == 204)
        #expect(try await delete("", "*") == 204)
        // A delete marker is nothing that has a tag, and hides what had one.
        #expect(try await delete("", "*") == 412)
        #expect(try await fixture.call("DELETE", "/bucket/absent", [("if-match", "*")]).status == 404)
        let absent = try await fixture.call("PUT", "/bucket/k", [("if-match", "*")], body: [3])
        #expect(absent.status == 404)
        #expect(try await fixture.call("PUT", "/bucket/k", [("if-none-match", "*")], body: [3]).status == 200)
    }

    /// What a write or deletion was told under one versioning holds when the versioning changes meanwhile.
    @Test func `nothing that was acknowledged as a version is lost while versioning is switched`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.setVersioning("Enabled")
        async let first = fixture.putAndHide(0..<60)
        async let second = fixture.putAndHide(60..<120)
        async let third = fixture.putAndHide(120..<180)
        async let switched: Void = fixture.switchVersioning()
        let ids = try await [first, second, third]
        try await switched
        let listed = try await fixture.call("GET", "/bucket?versions").elements("VersionId")
        #expect(ids.map(\.count).max() != 0)
        for (byte, id) in ids.joined() {
            #expect(try await fixture.call("GET", "/bucket/k\(byte % 3)?versionId=\(id)").body == [byte])
            #expect(listed.contains(id))
        }
        #expect(listed.count { $0 == "null" } <= 3)
    }
}

extension S3Fixture {
    /// Puts objects of one byte each under three keys and deletes them; the version ids that were given.
    fileprivate func putAndHide(_ bytes: Range<UInt8>) async throws -> [UInt8: String] {
        var ids: [UInt8: String] = [:]
        for byte in bytes {
            let target = "/\(Self.bucket)/k\(byte % 3)"
            let put = try await call("PUT", target, body: [byte])
            let hidden = try await call("DELETE", target)
            ids[byte] = put.header("x-amz-version-id")
            #expect(put.status == 200 && hidden.status == 204)
        }
        return ids
    }

    fileprivate func switchVersioning() async throws {
        for round in 0..<20 { try await setVersioning(round.isMultiple(of: 2) ? "Suspended" : "Enabled") }
    }
}
