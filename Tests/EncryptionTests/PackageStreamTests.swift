import Cryptography
import Encryption
import Testing

@Suite struct PackageStreamTests {
    private static let n = PackageFormat.packageSize
    static let sizes = [0, 1, n - 1, n, n + 1, 2 * n, 3 * n + 17]
    static let steps = [1, 15, 16, 17, 4093, 65_536, 65_552, 100_000, .max]

    let key = ObjectKey()

    @Test(arguments: sizes, AEADAlgorithm.allCases)
    func `what was sealed opens, by one package or by all at once`(size: Int, algorithm: AEADAlgorithm) throws {
        let plaintext = Stream.pattern(size)
        let sealed = Stream.seal(plaintext, key: key, algorithm: algorithm)
        for packagesAtOnce in [1, 2, 100] {
            #expect(try Stream.open(sealed, key: key, length: size, packagesAtOnce: packagesAtOnce) == plaintext)
        }
    }

    @Test(arguments: [0, 1, 4096, n])
    func `a stream of one package that is sealed at once opens`(size: Int) throws {
        let plaintext = Stream.pattern(size)
        let sealed = plaintext.withUnsafeBytes {
            PackageSealer.sealOnlyPackage($0, objectKey: key, identity: Stream.identity)
        }
        #expect(try Stream.open(sealed, key: key, length: size, packagesAtOnce: 1) == plaintext)
    }

    @Test(arguments: sizes, steps)
    func `the stream does not depend on how its input and output are cut`(size: Int, step: Int) {
        let plaintext = Stream.pattern(size)
        let salt = [UInt8](repeating: 9, count: 32)
        func sealer() -> PackageSealer {
            PackageSealer(
                objectKey: key, identity: Stream.identity, plaintextLength: Int64(size), algorithm: .aes256GCM,
                salt: salt)
        }
        let whole = Stream.seal(plaintext, with: sealer())
        #expect(Stream.seal(plaintext, with: sealer(), inputStep: step) == whole)
        #expect(Stream.seal(plaintext, with: sealer(), outputStep: step) == whole)
        #expect(Stream.seal(plaintext, with: sealer(), inputStep: step, outputStep: 4099) == whole)
    }

    @Test func `a call takes all plaintext that fits, and ends when nothing is left to write`() {
        let sealer = PackageSealer(objectKey: key, identity: Stream.identity, plaintextLength: 10)
        var output = [UInt8](repeating: 0, count: 100)
        let steps = Stream.pattern(10).withUnsafeBytes { plaintext in
            output.withUnsafeMutableBytes { output in
                [
                    sealer.seal(plaintext, into: UnsafeMutableRawBufferPointer(rebasing: output[..<60])),
                    sealer.seal(UnsafeRawBufferPointer(rebasing: plaintext[4...]), into: output),
                    sealer.seal(UnsafeRawBufferPointer(start: nil, count: 0), into: output),
                ]
            }
        }
        #expect(steps.map(\.consumed) == [4, 6, 0])
        #expect(steps.map(\.produced) == [60, 22, 0])
        #expect(sealer.isFinished && sealer.remainingPlaintext == 0)
    }

    @Test func `more plaintext than announced stops the process`() async {
        await #expect(processExitsWith: .failure) {
            let sealer = PackageSealer(objectKey: ObjectKey(), identity: Stream.identity, plaintextLength: 3)
            _ = Stream.seal([1, 2, 3, 4], with: sealer)
        }
    }

    @Test func `every stream has a salt of its own`() {
        let streams = (0..<2).map { _ in Stream.seal([1, 2, 3], key: key) }
        #expect(streams[0][24..<56] != streams[1][24..<56])
        #expect(streams[0][56...] != streams[1][56...])
    }

    @Test(arguments: sizes)
    func `a range opens from its packages alone`(size: Int) throws {
        let plaintext = Stream.pattern(size)
        let sealed = Stream.seal(plaintext, key: key)
        let opener = try PackageOpener(
            header: Array(sealed[..<56]), objectKey: key, identity: Stream.identity, plaintextLength: Int64(size))
        // The last package first: the order is free.
        for number in (0..<PackageFormat.packageCount(ofPlaintext: Int64(size))).reversed() {
            let range = PackageFormat.sealedRange(ofPackages: number..<(number + 1), ofPlaintext: Int64(size))
            let opened = try Stream.open(
                Array(sealed[Int(range.lowerBound)..<Int(range.upperBound)]), first: number, opener)
            #expect(opened == Array(plaintext[(Int(number) * Self.n)...].prefix(Self.n)))
        }
    }
}
