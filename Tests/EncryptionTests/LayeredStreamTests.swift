import Cryptography
import Encryption
import Testing

/// Streams in two layers: sealed at any step, opened in any slice, and not without both keys.
@Suite struct LayeredStreamTests {
    private let key = ObjectKey()
    private let outer = RecordSealer(catalogueKey: SecretKey()).outerObjectKey(identity: Stream.identity.versionID)

    private func seal(_ plaintext: [UInt8], inputStep: Int = .max, outputStep: Int = .max) -> [UInt8] {
        let layered = key.inside(outer)
        let sealer = LayeredSealer(
            objectKey: layered, identity: Stream.identity, plaintextLength: Int64(plaintext.count))
        var sealed = [UInt8](repeating: 0xEE, count: Int(layered.sealedLength(ofPlaintext: Int64(plaintext.count))))
        var (consumed, produced) = (0, 0)
        plaintext.withUnsafeBytes { plaintext in
            sealed.withUnsafeMutableBytes { sealed in
                while !sealer.isFinished {
                    let input = plaintext[consumed..<consumed + min(inputStep, plaintext.count - consumed)]
                    let output = sealed[produced..<produced + min(outputStep, sealed.count - produced)]
                    let step = sealer.seal(
                        UnsafeRawBufferPointer(rebasing: input), into: UnsafeMutableRawBufferPointer(rebasing: output))
                    consumed += step.consumed
                    produced += step.produced
                }
            }
        }
        #expect(consumed == plaintext.count && produced == sealed.count && sealer.remainingPlaintext == 0)
        return sealed
    }

    /// Opens the outer layer alone, which gives the inner stream.
    private func inner(of sealed: [UInt8], length: Int) throws -> [UInt8] {
        try Stream.open(sealed, key: outer, length: Int(PackageFormat.sealedLength(ofPlaintext: Int64(length))))
    }

    @Test(arguments: [0, 1, 65_464, 65_465, 65_535, 65_536, 65_537, 131_072, 200_000])
    func `are what they are made of at any step`(count: Int) throws {
        let plaintext = Stream.pattern(count)
        for (inputStep, outputStep) in [(Int.max, Int.max), (1000, 70_000), (65_536, 100), (7, 65_600)] {
            let sealed = seal(plaintext, inputStep: inputStep, outputStep: outputStep)
            let inner = try inner(of: sealed, length: count)
            #expect(try Stream.open(inner, key: key, length: count) == plaintext)
        }
    }

    @Test func `open slice by slice`() throws {
        let plaintext = Stream.pattern(200_000)
        let sealed = seal(plaintext)
        let inner = try inner(of: sealed, length: plaintext.count)
        let opener = try #require(
            try LayeredOpener(
                header: Array(sealed.prefix(PackageFormat.headerSize)), objectKey: key.inside(outer),
                identity: Stream.identity, plaintextLength: Int64(plaintext.count)))
        for slice in [
            0..<56, 0..<1, 65_535..<65_537, 56..<65_608, 131_000..<inner.count, inner.count - 1..<inner.count,
        ] {
            let range = Int64(slice.lowerBound)..<Int64(slice.upperBound)
            let place = try #require(opener.place(of: range))
            let got = try sealed[Int(place.lowerBound)..<Int(place.upperBound)].withUnsafeBytes {
                try opener.withInner(range, of: $0) { [UInt8]($0) }
            }
            #expect(got == Array(inner[slice]))
        }
        #expect(opener.place(of: 0..<Int64(inner.count) + 1) == nil)
    }

    @Test func `have no byte whose change goes unseen`() throws {
        let plaintext = Stream.pattern(100)
        let sealed = seal(plaintext)
        for index in sealed.indices {
            var damaged = sealed
            damaged[index] ^= 1
            #expect(throws: PackageStreamError.self) { try inner(of: damaged, length: plaintext.count) }
        }
    }

    @Test func `need both keys, and the outer one is the object's own`() throws {
        let plaintext = Stream.pattern(1000)
        let sealed = seal(plaintext)
        let length = Int(PackageFormat.sealedLength(ofPlaintext: 1000))
        #expect(throws: PackageStreamError.self) { try Stream.open(sealed, key: key, length: length) }
        let inner = try inner(of: sealed, length: plaintext.count)
        #expect(throws: PackageStreamError.self) { try Stream.open(inner, key: outer, length: 1000) }
        let records = RecordSealer(catalogueKey: SecretKey())
        for stranger in [
            records.outerObjectKey(identity: Array(2...17)),
            RecordSealer(catalogueKey: SecretKey()).outerObjectKey(identity: Stream.identity.versionID),
        ] {
            #expect(throws: PackageStreamError.self) { try Stream.open(sealed, key: stranger, length: length) }
        }
        #expect(
            try LayeredOpener(
                header: Array(sealed.prefix(PackageFormat.headerSize)), objectKey: key, identity: Stream.identity,
                plaintextLength: 1000) == nil)
    }
}
