import Cryptography
import Encryption
import Foundation

/// Whole streams in memory, for the tests.
enum Stream {
    static let identity = StreamIdentity(versionID: Array(1...16), partNumber: 0)

    /// Bytes whose period is not that of a package.
    static func pattern(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: 7 * $0 + $0 / 256) }
    }

    /// Seals in pieces of at most `inputStep` and `outputStep` bytes.
    static func seal(
        _ plaintext: [UInt8], with sealer: PackageSealer, inputStep: Int = .max, outputStep: Int = .max
    ) -> [UInt8] {
        let total = Int(PackageFormat.sealedLength(ofPlaintext: Int64(plaintext.count)))
        var sealed = [UInt8](repeating: 0xEE, count: total)
        var consumed = 0
        var produced = 0
        plaintext.withUnsafeBytes { plaintext in
            sealed.withUnsafeMutableBytes { sealed in
                while !sealer.isFinished {
                    let input = plaintext[consumed..<(consumed + min(inputStep, plaintext.count - consumed))]
                    let output = sealed[produced..<(produced + min(outputStep, total - produced))]
                    let step = sealer.seal(
                        UnsafeRawBufferPointer(rebasing: input), into: UnsafeMutableRawBufferPointer(rebasing: output))
                    consumed += step.consumed
                    produced += step.produced
                }
            }
        }
        precondition(consumed == plaintext.count && produced == total)
        return sealed
    }

    static func seal(
        _ plaintext: [UInt8], key: ObjectKey, identity: StreamIdentity = identity, algorithm: AEADAlgorithm = .aes256GCM
    ) -> [UInt8] {
        seal(
            plaintext,
            with: PackageSealer(
                objectKey: key, identity: identity, plaintextLength: Int64(plaintext.count), algorithm: algorithm))
    }

    /// Opens a whole stream, `packagesAtOnce` at a time.
    static func open(
        _ sealed: [UInt8], key: ObjectKey, identity: StreamIdentity = identity, length: Int, packagesAtOnce: Int = 1000
    ) throws(PackageStreamError) -> [UInt8] {
        let opener = try PackageOpener(
            header: Array(sealed.prefix(PackageFormat.headerSize)), objectKey: key, identity: identity,
            plaintextLength: Int64(length))
        var plaintext: [UInt8] = []
        var first: Int64 = 0
        var rest = sealed.dropFirst(PackageFormat.headerSize)
        repeat {
            let piece = rest.prefix(packagesAtOnce * PackageFormat.sealedPackageSize)
            plaintext += try open(Array(piece), first: first, opener)
            rest = rest.dropFirst(piece.count)
            first += Int64(packagesAtOnce)
        } while !rest.isEmpty
        return plaintext
    }

    static func open(
        _ packages: [UInt8], first: Int64, _ opener: PackageOpener
    ) throws(PackageStreamError) -> [UInt8] {
        var output = [UInt8](repeating: 0xEE, count: packages.count)
        let result: Result<Int, PackageStreamError> = packages.withUnsafeBytes { packages in
            output.withUnsafeMutableBytes { output in
                do throws(PackageStreamError) {
                    return .success(try opener.open(packages, firstPackage: first, into: output))
                } catch {
                    // Nothing that is not authentic may be left behind.
                    precondition(output.allSatisfy { $0 == 0 || $0 == 0xEE })
                    return .failure(error)
                }
            }
        }
        return Array(output.prefix(try result.get()))
    }
}

/// The golden vectors in `data/vectors`.
enum Vectors {
    static func load<File: Decodable>(_ name: String, as type: File.Type) throws -> File {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "data/vectors").appending(path: name)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(File.self, from: Data(contentsOf: file))
    }
}
