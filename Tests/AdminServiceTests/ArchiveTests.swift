import AdminService
import Foundation
import HTTPServerTesting
import ObjectStorage
import S3Protocol
import SealedStorage
import Testing

/// Archives of buckets' settings, as this server writes them and as other tools do.
@Suite struct ArchiveTests {
    private func fixture() async throws -> AdminFixture {
        let fixture = try await AdminFixture()
        var record = BucketRecord()
        record.versioning = .locked
        record.tags = ObjectTags(stored: [(key: "team", value: "blue + green")])
        record.quota = BucketQuota(bytes: 1 << 30)
        try await fixture.drive.buckets.create(try BucketName("first"), at: 1, record)
        try await fixture.drive.buckets.create(try BucketName("second"), at: 2)
        return fixture
    }

    private static let exported = "/minio/admin/v3/export-bucket-metadata?bucket="
    private static let imported = "/minio/admin/v3/import-bucket-metadata?bucket="

    @Test func `what is exported is imported elsewhere`() async throws {
        let one = try await fixture()
        let archive = try await one.call("GET", Self.exported)
        #expect(archive.status == 200)
        #expect(archive.header("content-type") == "application/zip")
        let other = try await AdminFixture()
        let answer = try await other.call("PUT", Self.imported, body: archive.body)
        #expect(answer.status == 200, "\(answer.text)")
        let first = try #require(other.drive.buckets.bucket(named: "first"))
        let record = try first.record
        #expect(first.versioning == .locked)
        #expect(record.tags?.pairs.map(\.value) == ["blue + green"])
        #expect(record.quota?.bytes == 1 << 30)
        // A bucket without settings is there all the same, and still has none.
        let second = try #require(other.drive.buckets.bucket(named: "second")).record
        #expect(second.quota == nil && second.notification == nil && second.versioning == .unversioned)
    }

    @Test func `an archive that other tools have compressed is read`() async throws {
        let fixture = try await AdminFixture()
        // Made by Python's zipfile: packed/tagging.xml, deflated, with blanks that compress well.
        let archive = try #require(Data(base64Encoded: Self.deflated))
        let answer = try await fixture.call("PUT", Self.imported, body: [UInt8](archive))
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.text.contains("\"tagging\":{\"isSet\":true}"), "\(answer.text)")
        let bucket = try #require(fixture.drive.buckets.bucket(named: "packed"))
        #expect(try bucket.record.tags?.pairs.map(\.key) == ["a"])
    }

    @Test func `what cannot be set is told of, and the rest is set`() async throws {
        let one = try await fixture()
        var archive = try await one.call("GET", Self.exported).body
        // The archive stores files as they are: one byte of the tags is no tag's any more, and the checksum is wrong.
        let place = try #require(archive.firstRange(of: Array("blue".utf8)))
        archive[place.lowerBound] = 0x21
        let other = try await AdminFixture()
        let answer = try await other.call("PUT", Self.imported, body: archive)
        #expect(answer.status == 200)
        #expect(answer.text.contains("\"tagging\":{\"error\":"), "\(answer.text)")
        #expect(other.drive.buckets.bucket(named: "first")?.versioning == .locked)
    }

    @Test func `what is no archive is refused`() async throws {
        let fixture = try await fixture()
        let archive = try await fixture.call("GET", Self.exported).body
        var bodies: [[UInt8]] = [[], Array("nonsense".utf8), Array(archive.dropLast(10)), Array(archive.dropFirst(10))]
        // A directory that says that there are many files, or that they are far away.
        var many = archive
        many[many.count - 12] = 0xFF
        var far = archive
        far[far.count - 3] = 0x7F
        bodies += [many, far]
        for body in bodies {
            let answer = try await fixture.call("PUT", Self.imported, body: body)
            #expect(answer.status == 400, "\(answer.status) \(answer.text)")
            #expect(answer.code == "InvalidRequest")
        }
    }

    @Test func `names that are none make no bucket`() async throws {
        let fixture = try await AdminFixture()
        let archive = try #require(Data(base64Encoded: Self.strangeNames))
        let answer = try await fixture.call("PUT", Self.imported, body: [UInt8](archive))
        #expect(answer.status == 200)
        #expect(fixture.drive.buckets.count == 0, "\(answer.text)")
    }

    @Test func `a bucket that is not there is not exported`() async throws {
        let fixture = try await fixture()
        #expect(try await fixture.call("GET", Self.exported + "absent").code == "NoSuchBucket")
    }

    private static let deflated =
        "UEsDBBQAAAAIAKFcfl0hUU8lTAAAAAMMAAASAAAAcGFja2VkL3RhZ2dpbmcueG1sswlJTE/PzEu3swEyglNL7BRGwSgYBaNgFIyC"
        + "UTAKRsEoGAWDHoDa73Y23qmVdok2+iDKJiwxpzTVLslGH8Kw0Qer0Ie288EMcMsfAFBLAQIUAxQAAAAIAKFcfl0hUU8lTAAAAAMM"
        + "AAASAAAAAAAAAAAAAACAAQAAAABwYWNrZWQvdGFnZ2luZy54bWxQSwUGAAAAAAEAAQBAAAAAfAAAAAAA"
    private static let strangeNames =
        "UEsDBBQAAAAAAKFcfl2em8jCHAAAABwAAAARAAAALi4vdXAvdGFnZ2luZy54bWw8VGFnZ2luZz48VGFnU2V0Lz48L1RhZ2dpbmc+"
        + "UEsDBBQAAAAAAKFcfl2em8jCHAAAABwAAAANAAAAeC90YWdnaW5nLnhtbDxUYWdnaW5nPjxUYWdTZXQvPjwvVGFnZ2luZz5QSwME"
        + "FAAAAAAAoVx+XZ6byMIcAAAAHAAAABEAAABtaW5pby90YWdnaW5nLnhtbDxUYWdnaW5nPjxUYWdTZXQvPjwvVGFnZ2luZz5QSwME"
        + "FAAAAAAAoVx+XZ6byMIcAAAAHAAAABEAAABVUFBFUi90YWdnaW5nLnhtbDxUYWdnaW5nPjxUYWdTZXQvPjwvVGFnZ2luZz5QSwME"
        + "FAAAAAAAoVx+XZ6byMIcAAAAHAAAAAsAAAB0YWdnaW5nLnhtbDxUYWdnaW5nPjxUYWdTZXQvPjwvVGFnZ2luZz5QSwMEFAAAAAAA"
        + "oVx+XZ6byMIcAAAAHAAAAA8AAAAuLi8vdGFnZ2luZy54bWw8VGFnZ2luZz48VGFnU2V0Lz48L1RhZ2dpbmc+UEsDBBQAAAAAAKFc"
        + "fl2em8jCHAAAABwAAAATAAAAYS5iLmMvZC90YWdnaW5nLnhtbDxUYWdnaW5nPjxUYWdTZXQvPjwvVGFnZ2luZz5QSwECFAMUAAAA"
        + "AAChXH5dnpvIwhwAAAAcAAAAEQAAAAAAAAAAAAAAgAEAAAAALi4vdXAvdGFnZ2luZy54bWxQSwECFAMUAAAAAAChXH5dnpvIwhwA"
        + "AAAcAAAADQAAAAAAAAAAAAAAgAFLAAAAeC90YWdnaW5nLnhtbFBLAQIUAxQAAAAAAKFcfl2em8jCHAAAABwAAAARAAAAAAAAAAAA"
        + "AACAAZIAAABtaW5pby90YWdnaW5nLnhtbFBLAQIUAxQAAAAAAKFcfl2em8jCHAAAABwAAAARAAAAAAAAAAAAAACAAd0AAABVUFBF"
        + "Ui90YWdnaW5nLnhtbFBLAQIUAxQAAAAAAKFcfl2em8jCHAAAABwAAAALAAAAAAAAAAAAAACAASgBAAB0YWdnaW5nLnhtbFBLAQIU"
        + "AxQAAAAAAKFcfl2em8jCHAAAABwAAAAPAAAAAAAAAAAAAACAAW0BAAAuLi8vdGFnZ2luZy54bWxQSwECFAMUAAAAAAChXH5dnpvI"
        + "whwAAAAcAAAAEwAAAAAAAAAAAAAAgAG2AQAAYS5iLmMvZC90YWdnaW5nLnhtbFBLBQYAAAAABwAHAK8BAAADAgAAAAA="
}
