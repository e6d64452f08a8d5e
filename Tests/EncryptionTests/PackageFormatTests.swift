import Encryption
import Testing

@Suite struct PackageFormatTests {
    @Test(
        arguments: [
            (0, 1, 72), (1, 1, 73), (65_535, 1, 65_607), (65_536, 1, 65_608), (65_537, 2, 65_625),
            (131_072, 2, 131_160),
            (5_497_558_138_880, 83_886_080, 5_498_900_316_216),
        ] as [(Int64, Int64, Int64)])
    func `sizes are those of the article`(length: Int64, packages: Int64, sealed: Int64) {
        #expect(PackageFormat.packageCount(ofPlaintext: length) == packages)
        #expect(PackageFormat.sealedLength(ofPlaintext: length) == sealed)
        #expect(PackageFormat.plaintextLength(ofSealed: sealed) == length)
    }

    @Test func `lengths that no stream has are refused`() {
        for impossible in [Int64.min, -1, 0, 55, 56, 71, 65_609, 65_608 + 15, 65_608 + 16, .max] {
            #expect(PackageFormat.plaintextLength(ofSealed: impossible) == nil)
        }
        let longest = PackageFormat.sealedLength(ofPlaintext: PackageFormat.maximumPlaintextLength)
        #expect(PackageFormat.plaintextLength(ofSealed: longest) == PackageFormat.maximumPlaintextLength)
        #expect(PackageFormat.plaintextLength(ofSealed: longest + 17) == nil)
    }

    @Test func `a length at rest belongs to one plaintext length`() {
        for length in Int64(0)...200_000 {
            let sealed = PackageFormat.sealedLength(ofPlaintext: length)
            guard PackageFormat.plaintextLength(ofSealed: sealed) == length else {
                Issue.record("\(length)")
                return
            }
        }
    }

    @Test func `ranges become packages and bytes at rest`() {
        let length: Int64 = 65_536 * 3 + 17
        func packages(_ range: Range<Int64>) -> Range<Int64> {
            PackageFormat.packages(holding: range, ofPlaintext: length)
        }
        #expect(packages(0..<1) == 0..<1)
        #expect(packages(65_535..<65_536) == 0..<1)
        #expect(packages(65_535..<65_537) == 0..<2)
        #expect(packages(65_536..<65_537) == 1..<2)
        #expect(packages(0..<length) == 0..<4)
        #expect(packages(length..<length) == 3..<4)
        #expect(PackageFormat.packages(holding: 0..<0, ofPlaintext: 0) == 0..<1)
        #expect(PackageFormat.packages(holding: 65_536..<65_536, ofPlaintext: 65_536) == 0..<1)
        #expect(PackageFormat.sealedRange(ofPackages: 0..<1, ofPlaintext: length) == 56..<65_608)
        #expect(
            PackageFormat.sealedRange(ofPackages: 3..<4, ofPlaintext: length)
                == PackageFormat.offset(ofPackage: 3)..<PackageFormat.sealedLength(ofPlaintext: length))
    }
}
