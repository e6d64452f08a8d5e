import ObjectStorage
import Testing

@Suite struct ConcurrencyTests {
    @Test func `readers see whole versions while a key is overwritten and deleted`() async throws {
        let drive = try await Drive.make()
        let store = drive.store
        let bucket = drive.bucket
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for round in 0..<60 {
                        let bytes = [UInt8](
                            repeating: UInt8(writer * 60 + round), count: round.isMultiple(of: 2) ? 50_000 : 900)
                        do {
                            if round % 10 == 9 {
                                _ = try await store.delete(bucket, key: "k")
                            } else if bytes.count > 1000 {
                                try await store.putFile(bucket, "k", bytes)
                            } else {
                                try await store.putInline(bucket, "k", bytes)
                            }
                        } catch let refused as Refused {
                            // Another writer drew a greater order and was faster.
                            guard case .staleOrder = refused.outcome else { throw refused }
                        }
                    }
                }
            }
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<500 {
                        guard let found = try store.findAtHand(bucket, key: "k", .body) else { continue }
                        await Task.yield()
                        let bytes = try found.inline ?? store.readBlob(try #require(found.version.columns.blob))
                        #expect(bytes.count == Int(found.version.columns.size))
                        #expect(Set(bytes).count == 1)
                        found.lease?.release()
                    }
                }
            }
            try await group.waitForAll()
        }
        await store.collectGarbage()
        #expect(try await store.verifyNoOrphans().isClean)
    }

    @Test func `a lease keeps the files of a deleted version, and no others`() async throws {
        let drive = try await Drive.make()
        let kept = try await drive.store.putFile(drive.bucket, "kept", pattern(9000))
        let other = try await drive.store.putFile(drive.bucket, "other", pattern(9000))
        let found = try #require(try drive.store.findAtHand(drive.bucket, key: "kept", .body))
        _ = try await drive.store.delete(drive.bucket, ["kept", "other"].map { Deletion(key: $0, .version(.null)) })
        await drive.store.collectGarbage()
        #expect(try drive.store.readBlob(try #require(kept.blob)) == pattern(9000))
        #expect(throws: StorageError.self) { try drive.store.openBlob(try #require(other.blob)) }
        found.lease?.release()
        await drive.store.collectGarbage()
        #expect(throws: StorageError.self) { try drive.store.openBlob(try #require(kept.blob)) }
    }

    @Test func `a failing mutation does not disturb its neighbours in the batch`() async throws {
        let drive = try await Drive.make()
        let outcomes = await withTaskGroup(of: (Int, Bool).self) { group in
            for index in 0..<300 {
                group.addTask {
                    do {
                        try await drive.store.putInline(
                            drive.bucket, "k\(index)",
                            expecting: index.isMultiple(of: 3) ? .current(VersionID()) : .absent)
                        return (index, true)
                    } catch { return (index, false) }
                }
            }
            return await group.reduce(into: [Int: Bool]()) { $0[$1.0] = $1.1 }
        }
        for (index, succeeded) in outcomes {
            #expect(succeeded == !index.isMultiple(of: 3))
            #expect(try (drive.store.version(drive.bucket, key: "k\(index)") != nil) == succeeded)
        }
    }

    @Test func `a mutation that fails after it has written is taken back alone`() async throws {
        let drive = try await Drive.make()
        let stray = try drive.store.dataKeyRow()
        let outcomes = await withTaskGroup(of: (Int, Bool).self) { group in
            for index in 0..<200 {
                group.addTask {
                    do {
                        guard index.isMultiple(of: 20) else {
                            try await drive.store.putInline(drive.bucket, "k\(index)")
                            return (index, true)
                        }
                        // The row of one key is inserted before the other one is missed.
                        let columns = drive.store.columns(
                            drive.bucket, "k\(index)", body: .inline, size: 1, dataKey: DataKeyID(rawValue: 1 << 40))
                        _ = try await drive.store.put(
                            NewVersion(columns: columns, sealed: [1], body: .inline([1]), dataKey: stray))
                        return (index, true)
                    } catch { return (index, false) }
                }
            }
            return await group.reduce(into: [Int: Bool]()) { $0[$1.0] = $1.1 }
        }
        for (index, succeeded) in outcomes {
            #expect(succeeded == !index.isMultiple(of: 20))
            #expect(try (drive.store.version(drive.bucket, key: "k\(index)") != nil) == succeeded)
        }
        #expect(try drive.store.dataKeyAtHand(stray.id) == nil)
        #expect(try await drive.store.verifyNoOrphans().isClean)
    }
}
