import ObjectStorage
import Testing

/// A walk shows every version of its range once, however it is cut into pieces.
@Suite struct VersionScanTests {
    @Test(arguments: [1, 2, 3, 7, 100], ["", "a", "b/", "b/\u{10ffff}", "z"])
    func `pieces make a whole`(limit: Int, prefix: String) async throws {
        let drive = try await Drive.make()
        var expected: [String] = []
        for key in ["a", "ab", "b/1", "b/2", "b/\u{10ffff}", "c"] {
            var orders: [Int64] = []
            try await drive.store.setVersioning(of: drive.bucket, for: [])
            for byte in 0..<5 as Range<UInt8> {
                orders.append(try await drive.store.putInline(drive.bucket, key, [byte], flags: []).order)
            }
            if key.utf8.starts(with: prefix.utf8) { expected += orders.reversed().map { "\(key) \($0)" } }
        }
        for stopsAt in [Int.max, 2] {
            var scan = VersionScan(bucket: drive.bucket, prefix: Array(prefix.utf8), limit: limit)
            var shown: [String] = []
            var pieces = 0
            repeat {
                let before = shown.count
                (shown, scan.after) = try await drive.store.scanVersions(scan, shown) { shown, version in
                    shown.append("\(String(decoding: version.key, as: UTF8.self)) \(version.order)")
                    return shown.count - before < stopsAt ? .proceed : .stop
                }
                pieces += 1
                #expect(shown.count - before <= min(limit, stopsAt))
            } while scan.after != nil
            #expect(shown == expected)
            #expect(pieces <= expected.count + 1)
        }
    }

    @Test func `another bucket is not shown`() async throws {
        let drive = try await Drive.make()
        let other = try await drive.store.makeBucket("other")
        try await drive.store.putInline(drive.bucket, "k", [1])
        let scan = VersionScan(bucket: other.id, prefix: [], limit: 10)
        let (count, next) = try await drive.store.scanVersions(scan, 0) { count, _ in
            count += 1
            return .proceed
        }
        #expect(count == 0 && next == nil)
    }
}
