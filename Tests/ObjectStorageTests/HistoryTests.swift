import Glibc
import ObjectStorage
import TestSupport
import Testing

/// An authenticator whose function is no secret: what is tried here is what is summed, not how.
struct OpenAuthenticator: RowAuthenticator {
    var seed: UInt64 = 1

    func code(_ message: UnsafeRawBufferPointer) -> RowCode {
        var code = RowCode()
        for lane in code.indices {
            var hash = seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(lane)
            for byte in message { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3; hash ^= hash >> 29 }
            code[lane] = hash &* 0xBF58_476D_1CE4_E5B9
        }
        return code
    }

    func isAuthentic(_ record: CoveredRecord) -> Bool { record.sealed != [0xBA, 0xD0] }

    func seal(_ head: [UInt8], commits: Int64) -> [UInt8] { head + [UInt8(truncatingIfNeeded: commits), UInt8(seed)] }

    func open(_ sealed: [UInt8], commits: Int64) -> [UInt8]? {
        sealed.suffix(2) == [UInt8(truncatingIfNeeded: commits), UInt8(seed)] ? sealed.dropLast(2) : nil
    }
}

extension ObjectStore {
    @discardableResult
    func open(
        _ anchor: RollbackAnchor? = nil, isRequired: Bool = false, accepts: Bool = false
    ) throws(StorageError) -> [PartFault] {
        try openHistory(OpenAuthenticator(), isRequired: isRequired, anchor: anchor, accepts: accepts)
    }

    /// Every part that is not what was committed last.
    func faults() async throws -> [PartFault] {
        while try await sumSomeVersions() {}
        var (faults, last) = ([PartFault](), Int64(-1))
        while let page = try await historyParts(after: last, limit: 2) {
            for part in page.parts { if let fault = try await check(part) { faults.append(fault) } }
            last = page.last
        }
        if let fault = try await checkSums() { faults.append(fault) }
        return faults
    }
}

/// Why opening failed; nil when it did not.
private func fault(_ body: () throws(StorageError) -> Void) -> HistoryFault? {
    do throws(StorageError) { try body() } catch {
        guard case .rolledBack(let fault) = error else {
            Issue.record(error)
            return nil
        }
        return fault
    }
    return nil
}

@Suite struct RowSumTests {
    @Test(arguments: [0, 1, 4095, 1 << 40, (1 << 61) - 2] as [UInt64])
    func `the difference that one record makes tells where it is`(position: UInt64) {
        var generator = SystemRandomNumberGenerator()
        func code() -> RowCode { RowCode(generator.next(), generator.next(), generator.next(), generator.next()) }
        var sum = RowSum()
        for _ in 0..<100 { sum += RowSum(code(), at: generator.next()) }
        let former = RowSum(code(), at: position)
        var other = sum
        other += former
        sum += RowSum(code(), at: position)
        #expect((other - sum).position == position)
        #expect((sum - other).position == position)
        other -= former
        #expect((sum - other).position == position, "one that is gone")
        other += RowSum(code(), at: position + 1)
        other += RowSum(code(), at: position + 2)
        #expect((sum - other).position != position)
        #expect(RowSum(decoding: sum.encoded) == sum)
    }
}

@Suite struct HistoryTests {
    @Test func `whatever is changed, sums are those of the rows`() async throws {
        let drive = try await Drive.make()
        let store = drive.store
        try store.open()
        #expect(try await store.faults() == [])
        var generator = SystemRandomNumberGenerator()
        let keys = (0..<12).map { "key-\($0)" }
        for round in 0..<300 {
            let key = keys[Int.random(in: 0..<keys.count, using: &generator)]
            switch Int.random(in: 0..<11, using: &generator) {
            case 0, 1:
                let isNull = Bool.random(using: &generator)
                try await store.setVersioning(of: drive.bucket, for: isNull ? .nullVersion : [])
                try await store.putInline(drive.bucket, key, [UInt8(round & 255)], flags: isNull ? .nullVersion : [])
            case 2:
                let isNull =
                    try store.buckets().first { $0.id == drive.bucket }?.versioning.writesNullVersions ?? true
                try await store.putFile(drive.bucket, key, pattern(40_000), flags: isNull ? .nullVersion : [])
            case 3:
                _ = try await store.delete(drive.bucket, [Deletion(key: key, .version(.current))])
            case 4:
                _ = try await store.delete(drive.bucket, [Deletion(key: key, .version(.null))])
            case 5:
                guard let found = try store.version(drive.bucket, key: key) else { continue }
                _ = try await store.replaceRecord(
                    of: found.columns.version, drive.bucket, key: key, sealed: [7, UInt8(round & 255)],
                    replacing: found.sealed)
            case 6:
                guard let found = try store.version(drive.bucket, key: key) else { continue }
                try await store.annotate(found, "note", [1, 2])
            case 7:
                let present = try store.settingAtHand(key)
                _ = try await store.setSetting(key, [UInt8(round & 255)], replacing: present)
            case 8:
                try await store.changeAccounts([
                    .put(AccountRow(id: Array(key.utf8), sealed: [UInt8(round & 255)])),
                    .remove(id: Array("key-1".utf8)),
                ])
            case 9:
                let bucket = try await store.makeBucket("b-\(round)")
                if Bool.random(using: &generator) { try await store.deleteBucket(bucket.id) }
            default:
                let isNull = try store.buckets().first { $0.id == drive.bucket }?.versioning.writesNullVersions ?? true
                guard isNull else { continue }
                let upload = try await store.createUpload(drive.bucket, key)
                let part = try await store.putPart(upload, 1, pattern(3000))
                _ = try await store.complete(upload, drive.bucket, key, [part])
            }
        }
        await store.collectGarbage()
        #expect(try await store.faults() == [])
        store.close()
        let reopened = try drive.reopen()
        #expect(try reopened.open(isRequired: true) == [])
        #expect(try await reopened.faults() == [])
        reopened.close()
    }

    @Test func `without its keys a drive with a history changes no covered record`() async throws {
        let drive = try await Drive.make()
        try drive.store.open()
        try await drive.store.putInline(drive.bucket, "k")
        drive.store.close()
        let store = try drive.reopen()
        await #expect(throws: StorageError.historyLocked) { try await store.putInline(drive.bucket, "k") }
        await #expect(throws: StorageError.historyLocked) {
            try await store.delete(drive.bucket, [Deletion(key: "k", .version(.current))])
        }
        await #expect(throws: StorageError.historyLocked) { try await store.makeBucket("other") }
        #expect(try store.body(drive.bucket, "k") == [1])
        try store.open()
        try await store.putInline(drive.bucket, "k", [2])
        #expect(try await store.faults() == [])
        store.close()
    }

    /// Changes the catalogue of a drive that nobody has open.
    private func edit(_ drive: Drive, _ sql: String) throws {
        try FormerCatalogue.make(at: "\(drive.path)/coffer.db", upTo: FormerCatalogue.latest, running: sql)
    }

    @Test func `a damaged record that is overwritten leaves the sum whole`() async throws {
        let drive = try await Drive.make()
        try drive.store.open()
        for key in ["a", "b", "c"] { try await drive.store.putInline(drive.bucket, key) }
        drive.store.close()
        try edit(drive, "UPDATE versions SET sealed = x'BAD0' WHERE key = CAST('b' AS BLOB)")
        let store = try drive.reopen()
        try store.open()
        #expect(try await store.faults().count == 1)
        try await store.putInline(drive.bucket, "b", [2])
        #expect(try await store.faults() == [])
        store.close()
    }

    @Test func `what was put back is named, by itself`() async throws {
        let drive = try await Drive.make()
        try drive.store.open()
        for key in ["a", "b", "c"] { try await drive.store.putInline(drive.bucket, key) }
        drive.store.close()
        try edit(drive, "UPDATE versions SET sealed = x'11' WHERE key = CAST('b' AS BLOB)")
        var store = try drive.reopen()
        try store.open()
        let faults = try await store.faults()
        guard faults.count == 1, case .record(.version(let columns, _, _)) = faults[0].culprit else {
            Issue.record("\(faults)")
            return
        }
        #expect(columns.key == "b")
        store.close()
        // More than one: the part.
        try edit(drive, "UPDATE versions SET sealed = x'12' WHERE key = CAST('c' AS BLOB)")
        store = try drive.reopen()
        try store.open()
        #expect(try await store.faults().map(\.culprit) == [.several])
        store.close()
        // Its sum, too.
        try edit(drive, "UPDATE sums SET sealed = zeroblob(48) WHERE part = 8")
        store = try drive.reopen()
        #expect(try store.open().map(\.culprit) == [.sum])
        store.close()
        // Several sums, or the head.
        try edit(drive, "UPDATE sums SET sealed = zeroblob(48) WHERE part < 8")
        store = try drive.reopen()
        #expect(fault { () throws(StorageError) in try store.open() } == .sumsDiffer)
        store.close()
        try edit(drive, "DELETE FROM sums WHERE part = 9223372036854775807")
        store = try drive.reopen()
        #expect(fault { () throws(StorageError) in try store.open(isRequired: true) } == .headMissing)
        // Whoever has looked decides.
        try store.open(isRequired: true, accepts: true)
        #expect(try await store.faults() == [])
        store.close()
        store = try drive.reopen()
        #expect(try store.open(isRequired: true) == [])
        store.close()
    }

    @Test func `an older copy of the drive, another past and another drive's anchor are refused`() async throws {
        let drive = try await Drive.make()
        let anchor = RollbackAnchor("\(drive.directory.path)/anchor")
        try drive.store.open(anchor)
        try await drive.store.putInline(drive.bucket, "k", [1])
        drive.store.close()
        try copyTree(drive.path, to: "\(drive.directory.path)/copy")
        var store = try drive.reopen()
        try store.open(anchor)
        try await store.putInline(drive.bucket, "k", [2])
        store.close()

        store = try ObjectStore.open("\(drive.directory.path)/copy", options: Drive.options())
        guard case .older = fault({ () throws(StorageError) in try store.open(anchor) }) else {
            Issue.record("an older drive was opened")
            return
        }
        // It goes on without the anchor, further than the other.
        try store.open()
        for _ in 0..<3 { try await store.putInline(drive.bucket, "k", [3]) }
        store.close()
        store = try ObjectStore.open("\(drive.directory.path)/copy", options: Drive.options())
        guard case .otherHistory = fault({ () throws(StorageError) in try store.open(anchor) }) else {
            Issue.record("another past was opened")
            return
        }
        store.close()

        let other = try await Drive.make()
        #expect(
            fault { () throws(StorageError) in
                _ = try other.store.openHistory(OpenAuthenticator(seed: 2), isRequired: false, anchor: anchor)
            } == .anchorForeign(path: anchor.path))
        other.store.close()

        store = try drive.reopen()
        try store.open(anchor)
        store.close()
        unlink(anchor.path)
        store = try drive.reopen()
        #expect(fault { () throws(StorageError) in try store.open(anchor) } == .anchorMissing(path: anchor.path))
        store.close()
    }

    @Test(arguments: [FaultPoint.transactionBegun, .rowsWritten, .committed])
    func `a crash never looks like a rollback`(point: FaultPoint) async throws {
        let crash = try Crash()
        let path = "\(crash.directory.path)/drive"
        let anchor = RollbackAnchor("\(path)/anchor")
        let store = try ObjectStore.open(path, options: Drive.options { $0.faultHook = crash.hook })
        try store.open(anchor)
        let bucket = try await store.makeBucket("bucket").id
        for round in 0..<6 {
            // The anchor lies in the directory, so that both are copied as of one moment.
            try await store.putInline(bucket, "a", [UInt8(round)])
            if round % 2 == 0 { try await store.writeAnchor() }
            crash.arm(point)
            async let marking: Void = store.writeAnchor()
            try await store.putInline(bucket, "k-\(round)")
            try await marking
            let copy = try #require(crash.copy)
            let crashed = try ObjectStore.open(copy, options: Drive.options())
            #expect(try crashed.open(RollbackAnchor("\(copy)/anchor")) == [])
            #expect(try await crashed.faults() == [])
            crashed.close()
        }
        store.close()
    }

    @Test func `a drive of the former format is summed in steps, whatever is written meanwhile`() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/drive"
        var store = try ObjectStore.open(path, options: Drive.options())
        let bucket = try await store.makeBucket("bucket").id
        for number in 0..<1500 { try await store.putInline(bucket, "k-\(number)") }
        store.close()
        // As the former release has left it.
        try FormerCatalogue.make(
            at: "\(path)/coffer.db", upTo: FormerCatalogue.latest,
            running: "DROP TABLE sums; DELETE FROM grdb_migrations WHERE identifier LIKE '8:%'")
        #expect(try shellOutput("echo 'coffer drive 7' > \(path)/format") == "")

        store = try ObjectStore.open(path, options: Drive.options())
        #expect(try shellOutput("cat \(path)/format") == "coffer drive 8\n")
        try store.open()
        #expect(try await store.sumSomeVersions())
        try await store.putInline(bucket, "k-3", [2])
        try await store.putInline(bucket, "k-1400", [2])
        _ = try await store.delete(bucket, [Deletion(key: "k-10", .onlyVersion)])
        try await store.putInline(bucket, "new")
        // A start goes on.
        store.close()
        store = try ObjectStore.open(path, options: Drive.options())
        #expect(try store.open() == [])
        _ = try await store.delete(bucket, [Deletion(key: "k-1450", .onlyVersion)])
        #expect(try await store.faults() == [])
        #expect(try await !store.sumSomeVersions())
        store.close()
    }
}
