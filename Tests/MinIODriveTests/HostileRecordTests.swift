import Cryptography
import MinIODrive
import Testing

/// Records that were changed, cut and made up: each is read or refused, and takes no longer than a whole one.
@Suite struct HostileRecordTests {
    private static let objects = ["vv1/k", "vb1/comp/s3/5000.txt", "vb1/enc/kmsctx/100", "vb1/ck/sha256"]

    /// Reads all that can be read without a key; true when something could be.
    private func read(_ bytes: [UInt8]) -> Bool {
        guard let file = try? VersionFile(bytes) else { return false }
        var isRead = false
        for version in file.versions() {
            guard let version = try? version.get() else { continue }
            isRead = true
            _ = file.inlineData(of: version.id)
            guard case .object(let object) = version.kind else { continue }
            _ = DriveEntry.obstacle(of: object)
            _ = try? object.etag(nil, name: "k")
            _ = try? object.checksum(nil)
        }
        return isRead
    }

    /// The same file with the right sum over its changed versions.
    private func summed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        let count = bytes[9..<13].reduce(0) { $0 << 8 | Int($1) }
        let end = 13 + count
        guard bytes[8] == 0xc6, end + 5 <= bytes.count else { return bytes }
        bytes.replaceSubrange(end + 1..<end + 5, with: XXHash.of(Array(bytes[13..<end]), .xxh64).suffix(4))
        return bytes
    }

    @Test("flipped bits", arguments: objects)
    func flipped(object: String) throws {
        let whole = try SmallDrive.metadata(object)
        #expect(read(whole) && read(summed(whole)))
        var (refused, taken) = (0, 0)
        let records = 13 + whole[9..<13].reduce(0) { $0 << 8 | Int($1) }
        for position in 8..<records {
            for bit in [UInt8(1), 0x40, 0x80] {
                var changed = whole
                changed[position] ^= bit
                // The sum over the versions finds it.
                if position >= 13 { #expect(!read(changed), "\(position)") }
                if read(summed(changed)) { taken += 1 } else { refused += 1 }
            }
        }
        #expect(refused > 0 && taken > 0)
    }

    @Test("cut anywhere", arguments: objects)
    func cut(object: String) throws {
        let whole = try SmallDrive.metadata(object)
        let records = 13 + whole[9..<13].reduce(0) { $0 << 8 | Int($1) }
        for count in 0..<records { #expect(!read(Array(whole[..<count])), "\(count)") }
    }

    @Test("random bytes behind a good head")
    func random() {
        for round in 0..<20_000 {
            let head = Array("XL2 ".utf8) + [1, 0, UInt8(round % 4), 0]
            #expect(!read(head + SecureRandom.bytes(round % 300)) || round % 300 > 8)
        }
    }

    @Test(
        "counts and lengths beyond the end, and nesting without one",
        arguments: [
            [0xdf, 0xff, 0xff, 0xff, 0xff], [0xdd, 0xff, 0xff, 0xff, 0xff], [0xc6, 0xff, 0xff, 0xff, 0xff],
            [0xdb, 0x7f, 0xff, 0xff, 0xff], [0xc9, 0xff, 0xff, 0xff, 0xff],
        ] as [[UInt8]])
    func bombs(bytes: [UInt8]) {
        var reader = MessagePackReader(bytes)
        #expect(throws: DriveFault.self) { try reader.skip() }
        var nested = MessagePackReader([UInt8](repeating: 0x91, count: 1 << 20) + bytes)
        #expect(throws: DriveFault.self) { try nested.skip() }
        #expect(!read(Array("XL2 1   ".utf8) + bytes))
    }
}
