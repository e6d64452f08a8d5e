import HTTPServerTesting
import Notation
import S3Service
import TestSupport
import Testing

extension S3Fixture {
    static let locked = "locked"

    /// Makes the bucket ``locked``, which has object lock.
    func makeLockedBucket() async throws {
        let made = try await call("PUT", "/\(Self.locked)", [("x-amz-bucket-object-lock-enabled", "true")])
        precondition(made.status == 200, "the bucket was made")
    }

    /// Puts an object into ``locked``, and gives its version id.
    func putLocked(_ key: String, _ headers: [(name: String, value: String)] = []) async throws -> String {
        let answer = try await call("PUT", "/\(Self.locked)/\(key)", headers, body: [1])
        guard let version = answer.header("x-amz-version-id") else { throw Unversioned(answer: answer.text) }
        return version
    }

    func delete(_ key: String, _ version: String, bypasses: Bool = false) async throws -> Int {
        let headers = bypasses ? [(name: "x-amz-bypass-governance-retention", value: "true")] : []
        return try await call("DELETE", "/\(Self.locked)/\(key)?versionId=\(version)", headers).status
    }

    func retain(
        _ key: String, _ mode: String, until: Int64, version: String = "", bypasses: Bool = false
    ) async throws -> Int {
        let document =
            "<Retention><Mode>\(mode)</Mode><RetainUntilDate>\(HTTPDate.iso8601(until))</RetainUntilDate></Retention>"
        return try await putRetention(key, document, version: version, bypasses: bypasses).status
    }

    func putRetention(
        _ key: String, _ document: String, version: String = "", bypasses: Bool = false
    ) async throws -> MemoryResponse {
        try await call(
            "PUT", "/\(Self.locked)/\(key)?retention" + (version.isEmpty ? "" : "&versionId=\(version)"),
            bypasses ? [("x-amz-bypass-governance-retention", "true")] : [], body: Array(document.utf8))
    }

    func hold(_ key: String, _ status: String) async throws -> Int {
        try await call(
            "PUT", "/\(Self.locked)/\(key)?legal-hold",
            body: Array("<LegalHold><Status>\(status)</Status></LegalHold>".utf8)
        ).status
    }
}

private struct Unversioned: Error {
    let answer: String
}

/// Nothing that is locked goes, and what is locked says so.
@Suite struct ObjectLockTests {
    private static let day: Int64 = 86_400_000
    /// Whole seconds, as clients send them.
    private static var tomorrow: Int64 { (HTTPDate.parse("2100-01-01T00:00:00Z") ?? 0) * 1000 }

    @Test func `what is retained goes when it may, by who may`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.makeLockedBucket()
        for mode in ["GOVERNANCE", "COMPLIANCE"] {
            let version = try await fixture.putLocked(mode)
            #expect(try await fixture.retain(mode, mode, until: Self.tomorrow) == 200)
            #expect(try await fixture.delete(mode, version) == 403)
            let refused = try await fixture.deleteMany(
                "<Object><Key>\(mode)</Key><VersionId>\(version)</VersionId></Object>", in: S3Fixture.locked)
            #expect(refused.elements("Code") == ["AccessDenied"], "\(refused.text)")
            // A delete marker hides it, keeps nothing, and goes.
            let hidden = try await fixture.call("DELETE", "/locked/\(mode)")
            let marker = try #require(hidden.header("x-amz-version-id"))
            #expect(try await fixture.delete(mode, marker) == 204)
            let isBypassed = mode == "GOVERNANCE"
            #expect(try await fixture.delete(mode, version, bypasses: true) == (isBypassed ? 204 : 403))
        }
        #expect(try await fixture.call("DELETE", "/locked").status == 409)
        let suspended = try await fixture.call(
            "PUT", "/locked?versioning",
            body: Array("<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>".utf8))
        #expect(suspended.status == 409 && suspended.element("Code") == "InvalidBucketState")
    }

    @Test func `retention is lengthened by anybody, and shortened in governance by who may bypass it`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.makeLockedBucket()
        let (early, late) = (Self.tomorrow, Self.tomorrow + Self.day)
        for mode in ["GOVERNANCE", "COMPLIANCE"] {
            let other = mode == "GOVERNANCE" ? "COMPLIANCE" : "GOVERNANCE"
            let version = try await fixture.putLocked(mode)
            #expect(try await fixture.retain(mode, mode, until: early, version: version) == 200)
            #expect(try await fixture.retain(mode, mode, until: late) == 200)
            #expect(try await fixture.retain(mode, mode, until: early) == 403)
            #expect(try await fixture.retain(mode, other, until: late) == 403)
            #expect(try await fixture.putRetention(mode, "<Retention/>").status == 403)
            let got = try await fixture.call("GET", "/locked/\(mode)?retention")
            #expect(got.element("Mode") == mode && got.element("RetainUntilDate") == HTTPDate.iso8601(late))
            let shortened = try await fixture.retain(mode, mode, until: early, bypasses: true)
            #expect(shortened == (mode == "GOVERNANCE" ? 200 : 403))
        }
        let removed = try await fixture.putRetention("GOVERNANCE", "<Retention/>", bypasses: true)
        #expect(removed.status == 200)
        let none = try await fixture.call("GET", "/locked/GOVERNANCE?retention")
        #expect(none.element("Code") == "NoSuchObjectLockConfiguration")
    }

    @Test func `a legal hold keeps a version whatever its retention`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.makeLockedBucket()
        let version = try await fixture.putLocked("k", [("x-amz-object-lock-legal-hold", "ON")])
        #expect(try await fixture.delete("k", version, bypasses: true) == 403)
        #expect(try await fixture.call("GET", "/locked/k?legal-hold").element("Status") == "ON")
        #expect(try await fixture.hold("k", "on") == 400)
        #expect(try await fixture.hold("k", "OFF") == 200)
        #expect(try await fixture.call("HEAD", "/locked/k").header("x-amz-object-lock-legal-hold") == "OFF")
        #expect(try await fixture.delete("k", version) == 204)
    }

    @Test func `new versions get the bucket's retention, unless their writer says another`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.makeLockedBucket()
        let rule =
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>"
            + "<Mode>COMPLIANCE</Mode><Years>1</Years></DefaultRetention></Rule></ObjectLockConfiguration>"
        #expect(try await fixture.call("PUT", "/locked?object-lock", body: Array(rule.utf8)).status == 200)
        #expect(try await fixture.call("GET", "/locked?object-lock").element("Years") == "1")
        let version = try await fixture.putLocked("default")
        let head = try await fixture.call("HEAD", "/locked/default")
        #expect(head.header("x-amz-object-lock-mode") == "COMPLIANCE")
        #expect(try await fixture.delete("default", version, bypasses: true) == 403)
        _ = try await fixture.putLocked(
            "own",
            [
                ("x-amz-object-lock-mode", "GOVERNANCE"),
                ("x-amz-object-lock-retain-until-date", HTTPDate.iso8601(Self.tomorrow)),
            ])
        let own = try await fixture.call("HEAD", "/locked/own")
        #expect(own.header("x-amz-object-lock-mode") == "GOVERNANCE")
        #expect(own.header("x-amz-object-lock-retain-until-date") == HTTPDate.iso8601(Self.tomorrow))
    }

    @Test func `what waits for an event is kept until that has come, and for a period from then on`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.makeLockedBucket()
        let version = try await fixture.putLocked(
            "k",
            [
                ("x-amz-object-lock-mode", "COMPLIANCE"), ("x-amz-object-lock-event-hold", "ON"),
                ("x-amz-object-lock-event-hold-duration-days", "3"),
            ])
        #expect(try await fixture.delete("k", version, bypasses: true) == 403)
        #expect(try await fixture.call("HEAD", "/locked/k").header("x-amz-object-lock-event-hold") == "ON")
        let shorter =
            "<Retention><EventHold>ON</EventHold><EventHoldDuration><Days>2</Days></EventHoldDuration></Retention>"
        #expect(try await fixture.putRetention("k", shorter).status == 403)
        #expect(try await fixture.putRetention("k", "<Retention><EventHold>OFF</EventHold></Retention>").status == 200)
        let head = try await fixture.call("HEAD", "/locked/k")
        #expect(head.header("x-amz-object-lock-event-hold") == nil)
        #expect(head.header("x-amz-object-lock-retain-until-date") != nil)
        #expect(try await fixture.delete("k", version, bypasses: true) == 403)
    }

    @Test(arguments: [
        [("x-amz-object-lock-mode", "GOVERNANCE")],
        [("x-amz-object-lock-retain-until-date", "2100-01-01T00:00:00Z")],
        [("x-amz-object-lock-mode", "governance"), ("x-amz-object-lock-retain-until-date", "2100-01-01T00:00:00Z")],
        [("x-amz-object-lock-mode", "GOVERNANCE"), ("x-amz-object-lock-retain-until-date", "2000-01-01T00:00:00Z")],
        [("x-amz-object-lock-legal-hold", "on")],
    ])
    func `a lock that is half said is refused`(headers: [(String, String)]) async throws {
        let fixture = try await S3Fixture()
        try await fixture.makeLockedBucket()
        let answer = try await fixture.call("PUT", "/locked/k", headers.map { (name: $0, value: $1) }, body: [1])
        #expect(answer.status == 400 && answer.element("Code") == "InvalidArgument")
    }

    @Test(arguments: [
        ("<Days>1</Days><Years>1</Years>", "MalformedXML"), ("", "MalformedXML"),
        ("<Days>0</Days>", "InvalidRetentionPeriod"), ("<Years>-1</Years>", "InvalidRetentionPeriod"),
        ("<Days>36501</Days>", "InvalidRetentionPeriod"),
    ])
    func `a default retention has one period`(period: String, code: String) async throws {
        let fixture = try await S3Fixture()
        try await fixture.makeLockedBucket()
        let rule =
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>"
            + "<Mode>GOVERNANCE</Mode>\(period)</DefaultRetention></Rule></ObjectLockConfiguration>"
        let answer = try await fixture.call("PUT", "/locked?object-lock", body: Array(rule.utf8))
        #expect(answer.status == 400 && answer.element("Code") == code)
    }

    @Test func `a bucket without object lock takes no lock`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.put("k", 1)
        let held = try await fixture.call("PUT", "/bucket/k", [("x-amz-object-lock-legal-hold", "ON")], body: [1])
        #expect(held.status == 400 && held.element("Code") == "InvalidRequest")
        for query in ["retention", "legal-hold"] {
            #expect(try await fixture.call("GET", "/bucket/k?\(query)").element("Code") == "InvalidRequest")
        }
        let none = try await fixture.call("GET", "/bucket?object-lock")
        #expect(none.element("Code") == "ObjectLockConfigurationNotFoundError")
        let rule = Array(
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>".utf8)
        for status in ["", "Suspended", "Enabled"] {
            if !status.isEmpty { try await fixture.setVersioning(status) }
            let answer = try await fixture.call("PUT", "/bucket?object-lock", body: rule)
            #expect(answer.status == (status == "Enabled" ? 200 : 409))
        }
        // A version from before can be locked as well.
        let retention =
            "<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2100-01-01T00:00:00Z</RetainUntilDate></Retention>"
        let retained = try await fixture.call(
            "PUT", "/bucket/k?retention&versionId=null", body: Array(retention.utf8))
        #expect(retained.status == 200)
        #expect(try await fixture.call("DELETE", "/bucket/k?versionId=null").status == 403)
    }

    /// The commit decides: a version that is retained when a deletion is answered is there, and one that is gone was not.
    @Test func `of a retention and a deletion at once, the one that comes second is refused`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.makeLockedBucket()
        for round in 0..<40 {
            let key = "k\(round)"
            let version = try await fixture.putLocked(key)
            async let retained = fixture.retain(key, "COMPLIANCE", until: Self.tomorrow, version: version)
            async let deleted = fixture.delete(key, version)
            let outcome = try await (retained, deleted)
            let isThere = try await fixture.call("GET", "/locked/\(key)?versionId=\(version)").status == 200
            #expect(isThere == (outcome.0 == 200))
            #expect(isThere == (outcome.1 == 403), "\(outcome)")
        }
    }
}
