import Cryptography
import MinIODrive
import Testing

@Suite struct DriveReadingTests {
    @Test("buckets and objects are found, and a key that ends with a slash")
    func walk() throws {
        let drive = try MinIODrive(SmallDrive.path)
        #expect(try drive.buckets() == ["vb1", "vv1"])
        #expect(
            try SmallDrive.entries(in: "vb1").map(\.key)
                == ["ck/sha256", "comp/c/5000.txt", "comp/s3/5000.txt", "enc/kmsctx/100", "enc/s3/dir/"])
    }

    @Test("every object opens, and its MD5 is its ETag where that is one")
    func contents() async throws {
        let keys = try SmallDrive.keys()
        var checked = 0
        for entry in try SmallDrive.entries(in: "vb1") + SmallDrive.entries(in: "vv1") {
            let file = try entry.file()
            for version in file.versions() {
                let version = try version.get()
                guard case .object(let object) = version.kind else { continue }
                // The large ones are not in the record.
                guard file.inlineData(of: version.id) != nil,
                    let (bytes, key) = try await SmallDrive.contents(entry, version, file, keys)
                else { continue }
                #expect(Int64(bytes.count) == object.size)
                if let md5 = try object.etag(key, name: entry.key).md5 {
                    #expect(Hex.encode(Digest.hash(.md5, bytes)) == md5, "\(entry.key)")
                    checked += 1
                }
            }
        }
        #expect(checked >= 6)
    }

    @Test("versions come oldest first, with their kinds")
    func versions() throws {
        let versions = try VersionFile(SmallDrive.metadata("vv1/k")).versions().map { try $0.get() }
        #expect(versions.count == 6 && versions.map(\.modified) == versions.map(\.modified).sorted())
        #expect(versions.first?.id.isNull == true)
        let markers = versions.filter { if case .deleteMarker = $0.kind { true } else { false } }
        #expect(markers.count == 1)
    }

    @Test("another key does not open an object")
    func wrongKey() async throws {
        let other = DriveKeySource(
            service: nil,
            customerKeys: try CustomerKeyList(parsing: "vb1 \(Base64.encode([UInt8](repeating: 1, count: 32)))"))
        let entries = try SmallDrive.entries(in: "vb1")
        let customers = try #require(entries.first { $0.key == "comp/c/5000.txt" })
        let file = try customers.file()
        let version = try #require(try file.versions().first?.get())
        await #expect(throws: DriveFault.customerKeyMissing) {
            _ = try await SmallDrive.contents(customers, version, file, other)
        }
    }

    @Test("an object under another name does not open: its key is bound to its path")
    func renamed() async throws {
        let entries = try SmallDrive.entries(in: "vb1")
        let entry = try #require(entries.first { $0.key == "enc/kmsctx/100" })
        let version = try #require(try entry.file().versions().first?.get())
        guard case .object(let object) = version.kind, let encryption = object.encryption else {
            Issue.record("it is encrypted")
            return
        }
        await #expect(throws: DriveFault.self) {
            _ = try await SmallDrive.keys().open(encryption, bucket: "vb1", key: "enc/kmsctx/101")
        }
    }

    @Test("settings and users are read")
    func system() async throws {
        let drive = try MinIODrive(SmallDrive.path)
        let keys = try SmallDrive.keys()
        let settings = try #require(try await drive.settings(of: "vv1", keys))
        #expect(settings.documents.keys.sorted() == ["EncryptionConfigXML", "VersioningConfigXML"])
        #expect(settings.created != nil)
        let (documents, faults) = try await drive.identityDocuments(keys)
        #expect(faults.isEmpty)
        let alice = String(decoding: documents["users/alice/identity.json"] ?? [], as: UTF8.self)
        #expect(alice.contains("alicesecret1"))
    }

    @Test("a list of customers' keys names the line that is none", arguments: ["vb1", "vb1 x", "\nvb1 AAAA"])
    func malformedKeys(text: String) {
        #expect(throws: CustomerKeyList.Malformed.self) { try CustomerKeyList(parsing: text) }
    }
}
