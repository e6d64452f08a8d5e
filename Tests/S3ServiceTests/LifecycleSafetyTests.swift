import HTTPServerTesting
import Maintenance
import ObjectStorage
import Requests
import S3Protocol
import SealedStorage
import TestSupport
import Testing

/// What a lifecycle rule removes is decided by what is there when it goes.
@Suite struct LifecycleSafetyTests {
    private func schedule(_ action: String) throws -> LifecycleSchedule {
        let document =
            "<LifecycleConfiguration><Rule><Prefix/><Status>Enabled</Status>\(action)</Rule></LifecycleConfiguration>"
        return LifecycleSchedule(try LifecycleConfiguration.parse(Array(document.utf8)), .civil)
    }

    private var oneDay: LifecycleSchedule { get throws { try schedule("<Expiration><Days>1</Days></Expiration>") } }
    private var oldVersions: LifecycleSchedule {
        get throws {
            try schedule(
                "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>")
        }
    }

    private func expire(
        _ fixture: S3Fixture, _ kind: ExpiryCandidate.Kind, _ version: VersionID, by schedule: LifecycleSchedule,
        daysLater days: Int64 = 2
    ) async throws -> ExpiryOutcome {
        let bucket = try fixture.drive.buckets.bucket(BucketName(S3Fixture.bucket))
        let candidate = ExpiryCandidate(key: Array("k".utf8), version: version, kind: kind)
        return try await fixture.drive.objects.expire(
            [candidate], in: bucket, by: schedule, at: Clock.milliseconds() + days * S3Fixture.day)[0]
    }

    private func version(_ fixture: S3Fixture) throws -> VersionID {
        let bucket = try fixture.drive.buckets.bucket(BucketName(S3Fixture.bucket))
        return try fixture.drive.objects.require(bucket, key: ObjectName("k")).columns.version
    }

    @Test func `an object that was written anew does not go for its predecessor`() async throws {
        for isVersioned in [false, true] {
            let fixture = try await S3Fixture()
            if isVersioned { #expect(try await fixture.setVersioning("Enabled") == 200) }
            _ = try await fixture.put("k")
            let old = try version(fixture)
            _ = try await fixture.put("k")
            let outcome = try await expire(fixture, .current, old, by: oneDay)
            guard case .kept = outcome else { throw Unexpected(outcome: outcome) }
            #expect(try await fixture.call("GET", "/bucket/k").status == 200)
        }
    }

    @Test func `a version that became current again stays`() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.setVersioning("Enabled") == 200)
        _ = try await fixture.put("k")
        let hidden = try version(fixture)
        let marker = try await fixture.call("DELETE", "/bucket/k").header("x-amz-version-id") ?? ""
        #expect(try await fixture.call("DELETE", "/bucket/k?versionId=\(marker)").status == 204)
        let outcome = try await expire(fixture, .noncurrent(newer: 0), hidden, by: oldVersions)
        guard case .kept = outcome else { throw Unexpected(outcome: outcome) }
        #expect(try await fixture.call("GET", "/bucket/k").status == 200)
    }

    @Test func `a delete marker that is not alone any more stays`() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.setVersioning("Enabled") == 200)
        let marker = try await fixture.call("DELETE", "/bucket/k").header("x-amz-version-id") ?? ""
        _ = try await fixture.put("k")
        let markers = try schedule(
            "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>")
        let id = try #require(VersionID(hex: marker))
        let outcome = try await expire(fixture, .loneDeleteMarker, id, by: markers)
        guard case .kept = outcome else { throw Unexpected(outcome: outcome) }
        #expect(try await fixture.versions().count == 2)
    }

    /// The transaction itself decides, whatever was judged before it.
    @Test func `the commit refuses a version that stands otherwise`() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.setVersioning("Enabled") == 200)
        var ids: [VersionID] = []
        for _ in 0..<3 {
            _ = try await fixture.put("k")
            ids.append(try version(fixture))
        }
        let bucket = try fixture.drive.buckets.bucket(BucketName(S3Fixture.bucket)).id
        let cases: [(Int, VersionStanding, Bool)] = [
            (0, .alone, false), (2, .noncurrent(behind: ids[1], newerObjects: 0), false),
            (0, .noncurrent(behind: ids[2], newerObjects: 0), false),
            (0, .noncurrent(behind: ids[1], newerObjects: 2), false),
            (0, .noncurrent(behind: ids[1], newerObjects: 1), true),
            (1, .noncurrent(behind: ids[2], newerObjects: 0), true), (2, .alone, true),
        ]
        for (index, standing, isRemoved) in cases {
            let deletion = Deletion(key: "k", .version(.id(ids[index])), standing: standing)
            let outcome = try await fixture.store.delete(bucket, [deletion])[0]
            if case .removed = outcome {
                #expect(isRemoved, "\(index) \(standing)")
            } else {
                #expect(!isRemoved, "\(index) \(standing)")
            }
        }
    }

    @Test func `what does not open is named, stays, and stops nothing`() async throws {
        let fixture = try await S3Fixture()
        for key in ["a", "k", "z"] { _ = try await fixture.put(key) }
        let bucket = try fixture.drive.buckets.bucket(BucketName(S3Fixture.bucket)).id
        let found = try #require(try fixture.store.findAtHand(bucket, key: "k", .row))
        _ = try await fixture.store.replaceRecord(
            of: found.version.columns.version, bucket, key: "k", sealed: [1, 2, 3], replacing: found.version.sealed)
        #expect(try await fixture.putLifecycle("<Expiration><Days>1</Days></Expiration>") == 200)
        let record = LogRecord()
        let counts = await fixture.sweep(daysLater: 2, record: record)
        #expect(counts.expired == 2 && counts.damaged == 1)
        #expect(record.text.contains("record of object"), "\(record.text)")
        for key in ["a", "z"] { #expect(try await fixture.call("GET", "/bucket/\(key)").status == 404) }
        #expect(try fixture.store.findAtHand(bucket, key: "k", .row) != nil)
    }

    @Test func `a clock behind the drive's time removes nothing`() async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.put("k")
        #expect(
            try await fixture.putLifecycle("<Expiration><Date>2015-01-01T00:00:00Z</Date></Expiration>") == 200)
        let record = LogRecord()
        #expect(await fixture.sweep(daysLater: -1, record: record) == LifecycleCounts())
        #expect(record.text.contains("behind"), "\(record.text)")
        #expect(await fixture.sweep(daysLater: 0).expired == 1)
    }

    @Test func `a bucket is swept once a day, and when its rules change`() async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.put("k")
        #expect(try await fixture.putLifecycle("<Expiration><Days>9</Days></Expiration>") == 200)
        let lifecycle = Lifecycle(
            drive: fixture.drive, calendar: .civil, clock: Clock.milliseconds, pace: .immediate,
            logger: LogRecord().logger)
        let now = Clock.milliseconds() / S3Fixture.day * S3Fixture.day + S3Fixture.day
        for (time, scanned) in [(now, 1), (now + 3_600_000, 1), (now + S3Fixture.day, 2)] {
            await lifecycle.sweep(at: time)
            #expect(lifecycle.totals.scanned == scanned)
        }
        #expect(try await fixture.putLifecycle("<Expiration><Days>8</Days></Expiration>") == 200)
        await lifecycle.sweep(at: now + S3Fixture.day)
        #expect(lifecycle.totals.scanned == 3)
        #expect(try await fixture.call("DELETE", "/bucket?lifecycle").status == 204)
        await lifecycle.sweep(at: now + 30 * S3Fixture.day)
        #expect(lifecycle.totals.scanned == 3 && lifecycle.totals.expired == 0)
    }

    @Test func `writes meet a sweep, and no acknowledged one is lost`() async throws {
        let fixture = try await S3Fixture()
        for number in 0..<200 { _ = try await fixture.put("\(number)") }
        #expect(try await fixture.putLifecycle("<Expiration><Days>1</Days></Expiration>") == 200)
        // Two days ahead what is written meanwhile is old, too: it goes or is whole.
        async let counts = fixture.sweep(daysLater: 2)
        for number in 0..<200 { _ = try await fixture.put("\(number)", size: 40_000) }
        let expired = await counts.expired
        #expect(expired > 0)
        for key in try await fixture.keys() {
            let got = try await fixture.call("GET", "/bucket/\(key)")
            #expect(got.status == 200 && got.body.count == 40_000)
        }
        #expect(try await fixture.blobCount() == fixture.keys().count)
    }
}

private struct Unexpected: Error {
    let outcome: ExpiryOutcome
}
