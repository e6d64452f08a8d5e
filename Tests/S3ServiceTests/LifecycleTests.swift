import HTTPServerTesting
import Maintenance
import ObjectStorage
import Requests
import S3Protocol
import SealedStorage
import TestSupport
import Testing

/// What lifecycle rules remove, and what they must leave.
@Suite struct LifecycleTests {
    private static let oneDay = "<Expiration><Days>1</Days></Expiration>"
    private static let oldVersions =
        "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>"
    private static let loneMarkers =
        "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"

    @Test func `a configuration is put, read and deleted`() async throws {
        let fixture = try await S3Fixture()
        let absent = try await fixture.call("GET", "/bucket?lifecycle=")
        #expect(absent.status == 404 && absent.element("Code") == "NoSuchLifecycleConfiguration")
        #expect(try await fixture.call("DELETE", "/bucket?lifecycle").status == 204)
        #expect(try await fixture.putLifecycle(Self.oneDay) == 200)
        let read = try await fixture.call("GET", "/bucket?lifecycle=&withUpdatedAt=true")
        #expect(read.status == 200 && read.elements("Days") == ["1"] && read.element("ID") == "rule-0")
        #expect(read.header("x-amz-transition-default-minimum-object-size") == "all_storage_classes_128K")
        #expect(read.header("x-minio-lifecycleconfig-updatedat")?.count == 16)
        let document =
            "<LifecycleConfiguration><Rule><Prefix/><Status>Enabled</Status>\(Self.oneDay)</Rule></LifecycleConfiguration>"
        let minimum = (name: "x-amz-transition-default-minimum-object-size", value: "varies_by_storage_class")
        let put = try await fixture.call("PUT", "/bucket?lifecycle", [minimum], body: Array(document.utf8))
        #expect(put.status == 200 && put.header(minimum.name) == minimum.value)
        #expect(try await fixture.call("GET", "/bucket?lifecycle").header(minimum.name) == minimum.value)
        let refused = try await fixture.call(
            "PUT", "/bucket?lifecycle", [(minimum.name, "none")], body: Array(document.utf8))
        #expect(refused.status == 400 && refused.element("Code") == "InvalidArgument")
        for text in ["", "<LifecycleConfiguration/>", "<!DOCTYPE x []>" + document, document + "<x/>"] {
            let answer = try await fixture.call("PUT", "/bucket?lifecycle", body: Array(text.utf8))
            #expect(answer.status == 400 && answer.element("Code") == "MalformedXML", "\(text)")
        }
        let long = try await fixture.call("PUT", "/bucket?lifecycle", body: [UInt8](repeating: 0x20, count: 2 << 20))
        #expect(long.status == 400 && long.element("Code") == "EntityTooLarge")
        #expect(try await fixture.call("GET", "/bucket?lifecycle").elements("Days") == ["1"])
        #expect(try await fixture.call("DELETE", "/bucket?lifecycle").status == 204)
        #expect(try await fixture.call("GET", "/bucket?lifecycle").status == 404)
        for method in ["GET", "PUT", "DELETE"] {
            let other = try await fixture.call(
                method, "/absent?lifecycle", body: method == "PUT" ? Array(document.utf8) : [])
            #expect(other.status == 404 && other.element("Code") == "NoSuchBucket")
            #expect(await fixture.callAnonymously(method, "/bucket?lifecycle").status == 403)
            #expect(try await fixture.call(method, "/bucket/k?lifecycle").status == 501)
        }
    }

    @Test func `a thousand rules are read again`() async throws {
        let fixture = try await S3Fixture()
        let rules = (0..<1000).map {
            "<Rule><ID>\($0)</ID><Filter><Prefix>\(String(repeating: "p", count: 500))\($0)/</Prefix></Filter><Status>Enabled</Status>\(Self.oneDay)</Rule>"
        }
        let document = "<LifecycleConfiguration>\(rules.joined())</LifecycleConfiguration>"
        #expect(try await fixture.call("PUT", "/bucket?lifecycle", body: Array(document.utf8)).status == 200)
        #expect(try await fixture.call("GET", "/bucket?lifecycle").elements("ID") == (0..<1000).map { "\($0)" })
    }

    @Test func `an object goes when it is old, and not before`() async throws {
        let fixture = try await S3Fixture()
        for key in ["logs/a", "logs/b", "logsx", "keep"] { _ = try await fixture.put(key) }
        try await fixture.upload("logs/parts", parts: [[1, 2]])
        #expect(try await fixture.putLifecycle("<Prefix>logs/</Prefix>\(Self.oneDay)") == 200)
        #expect(await fixture.sweep(daysLater: 0).expired == 0)
        #expect(try await fixture.keys().count == 5)
        let counts = await fixture.sweep(daysLater: 2)
        #expect(counts.expired == 3 && counts.scanned == 3 && counts.damaged == 0)
        #expect(try await fixture.keys() == ["keep", "logsx"])
        #expect(try await fixture.blobCount() == 0)
    }

    @Test func `a date ends what there is and what comes later, and a disabled rule nothing`() async throws {
        let fixture = try await S3Fixture()
        let date = { (text: String) in "<Expiration><Date>\(text)T00:00:00Z</Date></Expiration>" }
        _ = try await fixture.put("past/a")
        _ = try await fixture.put("future/a")
        #expect(
            try await fixture.putLifecycle(
                "<Prefix>past/</Prefix>" + date("2015-01-01"), "<Prefix>future/</Prefix>" + date("2999-01-01")) == 200)
        #expect(await fixture.sweep(daysLater: 0).expired == 1)
        _ = try await fixture.put("past/b")
        #expect(await fixture.sweep(daysLater: 0).expired == 1)
        #expect(try await fixture.keys() == ["future/a"])
        let disabled =
            "<LifecycleConfiguration><Rule><Prefix/><Status>Disabled</Status>\(date("2015-01-01"))</Rule></LifecycleConfiguration>"
        #expect(try await fixture.call("PUT", "/bucket?lifecycle", body: Array(disabled.utf8)).status == 200)
        #expect(await fixture.sweep(daysLater: 900) == LifecycleCounts())
        #expect(try await fixture.keys() == ["future/a"])
    }

    @Test func `tags and sizes choose`() async throws {
        let fixture = try await S3Fixture()
        for (key, tags, size) in [
            ("a", "t=1&u=2", 50), ("b", "t=1", 50), ("c", "t=2&u=2", 50), ("d", "", 50), ("e", "t=1&u=2", 10),
        ] {
            _ = try await fixture.put(key, tags.isEmpty ? [] : [("x-amz-tagging", tags)], size: size)
        }
        let both = "<Tag><Key>t</Key><Value>1</Value></Tag><Tag><Key>u</Key><Value>2</Value></Tag>"
        let filter = "<Filter><And>\(both)<ObjectSizeGreaterThan>10</ObjectSizeGreaterThan></And></Filter>"
        #expect(try await fixture.putLifecycle(filter + Self.oneDay) == 200)
        for (key, isTold) in [("a", true), ("b", false), ("e", false)] {
            let head = try await fixture.call("HEAD", "/bucket/\(key)")
            #expect((head.header("x-amz-expiration") != nil) == isTold, "\(key)")
        }
        #expect(await fixture.sweep(daysLater: 3).expired == 1)
        #expect(try await fixture.keys() == ["b", "c", "d", "e"])
    }

    @Test func `who writes and reads an object is told when it goes`() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.putLifecycle("<Prefix>logs/</Prefix>\(Self.oneDay)") == 200)
        let put = try await fixture.call("PUT", "/bucket/logs/a", body: [1])
        let told = put.header("x-amz-expiration") ?? ""
        #expect(told.hasPrefix("expiry-date=\"") && told.hasSuffix("00:00:00 GMT\", rule-id=\"rule-0\""), "\(told)")
        for method in ["GET", "HEAD"] {
            #expect(try await fixture.call(method, "/bucket/logs/a").header("x-amz-expiration") == told)
        }
        let copied = try await fixture.call("PUT", "/bucket/logs/b", [("x-amz-copy-source", "/bucket/logs/a")])
        #expect(copied.header("x-amz-expiration") == told)
        let copiedAway = try await fixture.call("PUT", "/bucket/b", [("x-amz-copy-source", "/bucket/logs/a")])
        #expect(copiedAway.status == 200 && copiedAway.header("x-amz-expiration") == nil)
        #expect(try await fixture.call("PUT", "/bucket/other", body: [1]).header("x-amz-expiration") == nil)
    }

    @Test func `with versioning a delete marker hides what is old, and old versions and markers go`() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.setVersioning("Enabled") == 200)
        let first = try await fixture.put("k")
        #expect(try await fixture.putLifecycle(Self.oneDay) == 200)
        #expect(await fixture.sweep(daysLater: 2).hidden == 1)
        #expect(try await fixture.keys().isEmpty)
        #expect(try await fixture.call("GET", "/bucket/k?versionId=\(first)").status == 200)
        // Old enough, and not alone.
        #expect(await fixture.sweep(daysLater: 9).deleteMarkersRemoved == 0)
        #expect(try await fixture.putLifecycle(Self.oldVersions, Self.loneMarkers) == 200)
        let counts = await fixture.sweep(daysLater: 9)
        #expect(counts.noncurrentRemoved == 1 && counts.deleteMarkersRemoved == 0)
        #expect(try await fixture.versions().count == 1)
        #expect(await fixture.sweep(daysLater: 9).deleteMarkersRemoved == 1)
        #expect(try await fixture.versions().isEmpty)
    }

    @Test func `an expired object goes with all of its versions where its rule says so`() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.setVersioning("Enabled") == 200)
        let whole =
            "<Expiration><Days>1</Days><ExpiredObjectAllVersions>true</ExpiredObjectAllVersions></Expiration>"
        let tagged = "<Filter><Tag><Key>t</Key><Value>v</Value></Tag></Filter>"
        #expect(try await fixture.putLifecycle(tagged + whole) == 200)
        #expect(try await fixture.call("GET", "/bucket?lifecycle").text.contains("<ExpiredObjectAllVersions>true<"))
        for _ in 0..<600 { try await fixture.put("many", [("x-amz-tagging", "t=v")]) }
        try await fixture.put("gone")
        #expect(try await fixture.call("DELETE", "/bucket/gone").status == 204)
        try await fixture.put("gone", [("x-amz-tagging", "t=v")])
        // Only the newest version's tags count.
        try await fixture.put("stays", [("x-amz-tagging", "t=v")])
        try await fixture.put("stays", [("x-amz-tagging", "t=w")])
        try await fixture.put("deleted", [("x-amz-tagging", "t=v")])
        #expect(try await fixture.call("DELETE", "/bucket/deleted").status == 204)
        #expect(await fixture.sweep(daysLater: 0).expired == 0)
        let counts = await fixture.sweep(daysLater: 2)
        #expect(counts.expired == 2 && counts.noncurrentRemoved == 601 && counts.hidden == 0, "\(counts)")
        #expect(Set(try await fixture.versions().map { $0.prefix { $0 != " " } }) == ["stays", "-deleted", "deleted"])
        // Another rule that is about it hides it.
        #expect(try await fixture.putLifecycle(tagged + whole, Self.oneDay) == 200)
        #expect(await fixture.sweep(daysLater: 2).hidden == 1)
        #expect(try await fixture.versions().count == 5)
    }

    @Test func `objects of a locked bucket do not go whole`() async throws {
        let fixture = try await S3Fixture()
        let made = try await fixture.call("PUT", "/locked", [("x-amz-bucket-object-lock-enabled", "true")])
        #expect(made.status == 200)
        let whole =
            "<Expiration><Days>1</Days><ExpiredObjectAllVersions>true</ExpiredObjectAllVersions></Expiration>"
        #expect(try await fixture.putLifecycle(whole, bucket: "locked") == 400)
        #expect(try await fixture.putLifecycle(Self.oneDay, bucket: "locked") == 200)
    }

    @Test func `an expiration by days takes a lone delete marker when it is old`() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.setVersioning("Enabled") == 200)
        #expect(try await fixture.call("DELETE", "/bucket/k").status == 204)
        let tagged = "<Filter><Tag><Key>a</Key><Value>b</Value></Tag></Filter>"
        #expect(try await fixture.putLifecycle(tagged + Self.oneDay) == 200)
        #expect(await fixture.sweep(daysLater: 2).deleteMarkersRemoved == 0)
        #expect(try await fixture.putLifecycle(Self.oneDay) == 200)
        #expect(await fixture.sweep(daysLater: 0).deleteMarkersRemoved == 0)
        #expect(await fixture.sweep(daysLater: 2).deleteMarkersRemoved == 1)
    }

    @Test(arguments: [(3, 0), (3, 2), (300, 0), (600, 5)])
    func `so many newer versions stay`(count: Int, newer: Int) async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.setVersioning("Enabled") == 200)
        var written: [String] = []
        for number in 0..<count {
            written.append(try await fixture.put("k"))
            // They are no objects, and count as none.
            if number == count / 2 { _ = try await fixture.call("DELETE", "/bucket/k") }
        }
        let number = newer == 0 ? "" : "<NewerNoncurrentVersions>\(newer)</NewerNoncurrentVersions>"
        let rule =
            "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>\(number)</NoncurrentVersionExpiration>"
        #expect(try await fixture.putLifecycle(rule) == 200)
        #expect(await fixture.sweep(daysLater: 0).noncurrentRemoved == 0)
        let counts = await fixture.sweep(daysLater: 2)
        #expect(counts.noncurrentRemoved + newer + 1 >= count)
        let left = try await fixture.versions().filter { !$0.hasPrefix("-") }
        #expect(left == written.suffix(newer + 1).reversed().map { "k \($0)" })
        #expect(await fixture.sweep(daysLater: 2).noncurrentRemoved <= 1)
    }

    @Test func `their number alone may count`() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.setVersioning("Enabled") == 200)
        for _ in 0..<5 { _ = try await fixture.put("k") }
        let rule =
            "<NoncurrentVersionExpiration><NewerNoncurrentVersions>1</NewerNoncurrentVersions></NoncurrentVersionExpiration>"
        #expect(try await fixture.putLifecycle(rule) == 200)
        #expect(await fixture.sweep(daysLater: 0).noncurrentRemoved == 3)
        #expect(try await fixture.versions().count == 2)
    }

    @Test func `suspended versioning loses its null version behind a null marker`() async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.put("k")
        #expect(try await fixture.setVersioning("Enabled") == 200)
        #expect(try await fixture.setVersioning("Suspended") == 200)
        #expect(try await fixture.putLifecycle(Self.oneDay) == 200)
        #expect(await fixture.sweep(daysLater: 2).hidden == 1)
        #expect(try await fixture.versions() == ["-k null"])
    }

    @Test func `locks win, and a marker may hide what is locked`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.makeLockedBucket()
        let held = try await fixture.putLocked("k", [("x-amz-object-lock-legal-hold", "ON")])
        let retained = try await fixture.putLocked(
            "k",
            [("x-amz-object-lock-mode", "GOVERNANCE"), ("x-amz-object-lock-retain-until-date", "2999-01-01T00:00:00Z")])
        let free = try await fixture.putLocked("k")
        _ = try await fixture.putLocked("k")
        #expect(try await fixture.putLifecycle(Self.oneDay + Self.oldVersions, bucket: S3Fixture.locked) == 200)
        let counts = await fixture.sweep(daysLater: 2)
        #expect(counts.held == 2 && counts.noncurrentRemoved == 1 && counts.hidden == 1)
        let left = try await fixture.versions(S3Fixture.locked)
        #expect(left.contains("k \(held)") && left.contains("k \(retained)") && !left.contains("k \(free)"))
        #expect(
            try await fixture.call(
                "PUT", "/locked/k?legal-hold&versionId=\(held)",
                body: Array("<LegalHold><Status>OFF</Status></LegalHold>".utf8)
            ).status == 200)
        let more = await fixture.sweep(daysLater: 4)
        #expect(more.held == 1 && more.noncurrentRemoved == 2)
    }

    @Test func `uploads are aborted by when they were begun`() async throws {
        let fixture = try await S3Fixture()
        let rule =
            "<AbortIncompleteMultipartUpload><DaysAfterInitiation>2</DaysAfterInitiation></AbortIncompleteMultipartUpload>"
        #expect(try await fixture.putLifecycle("<Prefix>a/</Prefix>" + rule) == 200)
        var uploads: [String] = []
        for key in ["a/k", "b/k"] {
            let begun = try await fixture.call("POST", "/bucket/\(key)?uploads")
            #expect((begun.header("x-amz-abort-date") != nil) == (key == "a/k"))
            #expect((begun.header("x-amz-abort-rule-id") == "rule-0") == (key == "a/k"))
            uploads.append(begun.element("UploadId"))
            let part = try await fixture.call(
                "PUT", "/bucket/\(key)?partNumber=1&uploadId=\(uploads.last ?? "")",
                body: [UInt8](repeating: 1, count: 200_000))
            #expect(part.status == 200)
        }
        #expect(await fixture.sweep(daysLater: 2).uploadsAborted == 0)
        #expect(await fixture.sweep(daysLater: 3).uploadsAborted == 1)
        #expect(try await fixture.call("GET", "/bucket/a/k?uploadId=\(uploads[0])").status == 404)
        #expect(try await fixture.call("GET", "/bucket/b/k?uploadId=\(uploads[1])").status == 200)
        #expect(try await fixture.blobCount() == 1)
    }
}
