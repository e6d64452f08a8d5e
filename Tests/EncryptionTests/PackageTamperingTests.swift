import Cryptography
import Encryption
import Testing

@Suite struct PackageTamperingTests {
    private static let n = PackageFormat.packageSize
    private static let sealedPackage = PackageFormat.sealedPackageSize

    let key = ObjectKey()

    private func error(_ sealed: [UInt8], identity: StreamIdentity = Stream.identity, length: Int)
        -> PackageStreamError?
    {
        do {
            _ = try Stream.open(sealed, key: key, identity: identity, length: length)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: AEADAlgorithm.allCases)
    func `no bit of header, ciphertext or tag can be flipped`(algorithm: AEADAlgorithm) {
        for size in [0, 1, 40] {
            let sealed = Stream.seal(Stream.pattern(size), key: key, algorithm: algorithm)
            for index in sealed.indices {
                for bit in 0..<8 {
                    var flipped = sealed
                    flipped[index] ^= 1 << bit
                    let expected: [PackageStreamError] =
                        switch index {
                        case 8: [.unsupportedVersion(flipped[8])]
                        case 0..<8, 10..<16: [.badHeader]
                        // Another cipher that exists is refused by its tag.
                        case 9: [.badHeader, .notAuthentic(package: 0)]
                        // A length beyond the maximum, or another one.
                        case 16..<24: [.badHeader, .lengthMismatch]
                        default: [.notAuthentic(package: 0)]
                        }
                    let found = error(flipped, length: size)
                    #expect(
                        found.map(expected.contains) == true, "byte \(index), bit \(bit): \(String(describing: found))")
                }
            }
        }
    }

    @Test func `in a long stream the damaged package is named`() {
        let size = 3 * Self.n + 17
        let sealed = Stream.seal(Stream.pattern(size), key: key)
        for package in 0..<4 {
            let start = 56 + package * Self.sealedPackage
            let end = min(start + Self.sealedPackage, sealed.count)
            for index in [start, (start + end) / 2, end - 16, end - 1] {
                var flipped = sealed
                flipped[index] ^= 0x80
                #expect(error(flipped, length: size) == .notAuthentic(package: Int64(package)))
            }
        }
    }

    @Test func `packages cannot be swapped, repeated or left out`() {
        let size = 3 * Self.n
        let sealed = Stream.seal(Stream.pattern(size), key: key)
        func package(_ number: Int) -> ArraySlice<UInt8> {
            sealed[(56 + number * Self.sealedPackage)...].prefix(Self.sealedPackage)
        }
        let header = sealed[..<56]
        #expect(error(Array(header + package(1) + package(0) + package(2)), length: size) == .notAuthentic(package: 0))
        #expect(error(Array(header + package(0) + package(0) + package(2)), length: size) == .notAuthentic(package: 1))
        #expect(error(Array(header + package(0) + package(2) + package(1)), length: size) == .notAuthentic(package: 1))
        #expect(error(Array(header + package(0) + package(2)), length: size) == .notAuthentic(package: 1))
    }

    @Test(arguments: [0, 1, n, n + 1, 2 * n, 2 * n + 17])
    func `a stream cannot be cut or lengthened`(size: Int) {
        let sealed = Stream.seal(Stream.pattern(size), key: key)
        for cut in [0, 1, 55] {
            #expect(error(Array(sealed.prefix(cut)), length: size) == .badHeader)
        }
        #expect(error(Array(sealed.prefix(56)), length: size) == .lengthMismatch)
        for missing in [1, 15] {
            #expect(error(Array(sealed.dropLast(missing)), length: size) == .lengthMismatch)
        }
        #expect(error(sealed + [0], length: size) == .lengthMismatch)
        #expect(error(sealed + sealed[56...], length: size) != nil)
    }

    @Test func `a stream cut at a package border does not pass as a shorter one, whatever its header says`() {
        let size = 2 * Self.n
        let sealed = Stream.seal(Stream.pattern(size), key: key)
        var cut = Array(sealed.prefix(56 + Self.sealedPackage))
        #expect(error(cut, length: Self.n) == .lengthMismatch)
        cut.replaceSubrange(16..<24, with: [0, 0, 0, 0, 0, 1, 0, 0])
        #expect(error(cut, length: Self.n) == .notAuthentic(package: 0))
        var empty = Array(sealed.prefix(56)) + sealed.suffix(16)
        empty.replaceSubrange(16..<24, with: repeatElement(0, count: 8))
        #expect(error(empty, length: 0) == .notAuthentic(package: 0))
    }

    @Test func `a prefix of whole packages opens only as the prefix that was asked for`() throws {
        let size = 2 * Self.n
        let sealed = Stream.seal(Stream.pattern(size), key: key)
        let opener = try PackageOpener(
            header: Array(sealed[..<56]), objectKey: key, identity: Stream.identity, plaintextLength: Int64(size))
        let first = Array(sealed[56..<(56 + Self.sealedPackage)])
        #expect(try Stream.open(first, first: 0, opener).count == Self.n)
        #expect(throws: PackageStreamError.notAuthentic(package: 1)) { try Stream.open(first, first: 1, opener) }
        #expect(throws: PackageStreamError.lengthMismatch) { try Stream.open(first, first: 2, opener) }
        #expect(throws: PackageStreamError.lengthMismatch) { try Stream.open(first, first: -1, opener) }
        #expect(throws: PackageStreamError.lengthMismatch) { try Stream.open(first, first: .max, opener) }
        #expect(throws: PackageStreamError.lengthMismatch) { try Stream.open([], first: 0, opener) }
    }

    @Test func `a stream opens for no other object, version, part or attempt`() {
        let plaintext = Stream.pattern(1000)
        let part = StreamIdentity(versionID: Array(1...16), partNumber: 3)
        let sealed = Stream.seal(plaintext, key: key, identity: part)
        #expect(error(sealed, identity: part, length: 1000) == nil)
        for other in [
            StreamIdentity(versionID: Array(1...16), partNumber: 0),
            StreamIdentity(versionID: Array(1...16), partNumber: 4),
            StreamIdentity(versionID: Array(2...17), partNumber: 3),
        ] {
            #expect(error(sealed, identity: other, length: 1000) == .notAuthentic(package: 0))
        }
        let again = Stream.seal(plaintext, key: key, identity: part)
        #expect(error(Array(sealed[..<56] + again[56...]), identity: part, length: 1000) == .notAuthentic(package: 0))
        let foreign = Stream.seal(plaintext, key: ObjectKey(), identity: part)
        #expect(error(foreign, identity: part, length: 1000) == .notAuthentic(package: 0))
    }
}
