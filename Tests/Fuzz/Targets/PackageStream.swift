import Cryptography
import Encryption

extension FuzzTarget {
    /// A sealed stream that somebody has edited: the first bytes say what is to be changed in a right one.
    static let packageStream = FuzzTarget("package-stream") { (bytes) throws(BrokenPromise) in
        guard bytes.count >= 4, let secret = SecretKey([UInt8](repeating: 9, count: 32)) else { return }
        let key = ObjectKey(secret)
        let identity = StreamIdentity(versionID: Array(1...16), partNumber: 0)
        let length = Int(bytes[0]) << 9 | Int(bytes[1]) << 1 | 1
        let plaintext = [UInt8](repeating: bytes[2], count: length)
        let original = seal(plaintext, key, identity)
        var stream = original
        switch bytes[3] % 4 {
        case 0: stream = Array(bytes[4...])
        case 1: for (index, byte) in bytes[4...].enumerated() where index < stream.count { stream[index] ^= byte }
        case 2:
            stream.removeLast(min(stream.count, bytes.count - 4))
            stream += bytes[4...]
        default:
            for pair in stride(from: 4, to: bytes.count - 3, by: 3) {
                let place = Int(bytes[pair]) << 8 | Int(bytes[pair + 1])
                if place < stream.count { stream[place] ^= bytes[pair + 2] }
            }
        }
        guard let opened = open(stream, key, identity, length: length) else {
            return try require(stream != original, "a right stream does not open")
        }
        try require(opened == plaintext, "\(opened.count) other bytes opened")
        try require(stream == original, "an edited stream opened")
    }

    private static func seal(_ plaintext: [UInt8], _ key: ObjectKey, _ identity: StreamIdentity) -> [UInt8] {
        let sealer = PackageSealer(objectKey: key, identity: identity, plaintextLength: Int64(plaintext.count))
        var sealed = [UInt8](repeating: 0, count: Int(PackageFormat.sealedLength(ofPlaintext: Int64(plaintext.count))))
        var (consumed, produced) = (0, 0)
        plaintext.withUnsafeBytes { plaintext in
            sealed.withUnsafeMutableBytes { sealed in
                while !sealer.isFinished {
                    let step = sealer.seal(
                        UnsafeRawBufferPointer(rebasing: plaintext[consumed...]),
                        into: UnsafeMutableRawBufferPointer(rebasing: sealed[produced...]))
                    consumed += step.consumed
                    produced += step.produced
                }
            }
        }
        return sealed
    }

    private static func open(
        _ stream: [UInt8], _ key: ObjectKey, _ identity: StreamIdentity, length: Int
    ) -> [UInt8]? {
        guard
            let opener = try? PackageOpener(
                header: Array(stream.prefix(PackageFormat.headerSize)), objectKey: key, identity: identity,
                plaintextLength: Int64(length))
        else { return nil }
        let packages = Array(stream.dropFirst(PackageFormat.headerSize))
        var output = [UInt8](repeating: 0, count: packages.count)
        let count = packages.withUnsafeBytes { packages in
            output.withUnsafeMutableBytes { try? opener.open(packages, firstPackage: 0, into: $0) }
        }
        return count.map { Array(output.prefix($0)) }
    }
}
