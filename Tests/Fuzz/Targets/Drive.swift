import Cryptography
import MinIODrive

extension FuzzTarget {
    /// An `xl.meta` of MinIO, as it is and with the right sum over what was changed; and a bucket's settings.
    static let driveMetadata = FuzzTarget("drive-metadata") { (bytes) throws(BrokenPromise) in
        for bytes in [bytes, summed(bytes)] {
            guard let file = try? VersionFile(bytes) else { continue }
            for version in file.versions() {
                guard let version = try? version.get() else { continue }
                _ = file.inlineData(of: version.id)
                guard case .object(let object) = version.kind else { continue }
                _ = DriveEntry.obstacle(of: object)
                _ = try? object.etag(nil, name: "k")
                _ = try? object.checksum(nil)
            }
        }
        _ = try? BucketSettings(bytes)
        var reader = MessagePackReader(bytes)
        while !reader.isAtEnd, (try? reader.skip()) != nil {}
    }

    private static func summed(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count > 18, bytes[8] == 0xc6 else { return bytes }
        var bytes = bytes
        let end = 13 + bytes[9..<13].reduce(0) { $0 << 8 | Int($1) }
        guard end + 5 <= bytes.count else { return bytes }
        bytes.replaceSubrange(end + 1..<end + 5, with: XXHash.of(Array(bytes[13..<end]), .xxh64).suffix(4))
        return bytes
    }

    /// A stream of S2 or Snappy; the first byte says how it is cut into pieces.
    static let driveCompression = FuzzTarget("drive-compression") { (bytes) throws(BrokenPromise) in
        guard let first = bytes.first else { return }
        let stream = Array(bytes.dropFirst())
        try require(
            decompressed(stream, step: stream.count) == decompressed(stream, step: 1 + Int(first)),
            "cut, it is something else")
    }

    private static func decompressed(_ bytes: [UInt8], step: Int) -> [UInt8]? {
        var stream = S2Stream()
        var plaintext: [UInt8] = []
        do {
            for start in stride(from: 0, to: bytes.count, by: max(1, step)) {
                stream.append(bytes[start..<min(start + max(1, step), bytes.count)])
                while let piece = try stream.next() {
                    plaintext += piece
                    guard plaintext.count < 1 << 24 else { return nil }
                }
            }
            try stream.finish()
            return plaintext
        } catch { return nil }
    }
}
