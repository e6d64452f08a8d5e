/// Sizes and offsets of the package stream; see the article <doc:PackageFormat>.
///
/// A stream is a header of ``headerSize`` bytes and at least one package; a package is up to ``packageSize`` bytes of
/// ciphertext and a tag of ``tagSize`` bytes. Only the last package may be shorter, and only an empty stream's is empty.
package enum PackageFormat {
    /// Plaintext bytes in every package but the last.
    package static let packageSize = 65_536
    /// Bytes of authentication tag behind the ciphertext of each package.
    package static let tagSize = 16
    /// Bytes of a full package at rest.
    package static let sealedPackageSize = packageSize + tagSize
    /// Bytes in front of the first package.
    package static let headerSize = 56
    /// The longest stream, in plaintext bytes: 2⁴⁸ (2³² packages).
    package static let maximumPlaintextLength: Int64 = 1 << 48

    /// Packages of a stream of `length` plaintext bytes: at least 1.
    package static func packageCount(ofPlaintext length: Int64) -> Int64 {
        precondition(isValid(length), "a stream holds 0 to 2^48 bytes")
        return max(1, (length + packageSize64 - 1) / packageSize64)
    }

    /// Bytes of the whole stream at rest, header and tags included.
    package static func sealedLength(ofPlaintext length: Int64) -> Int64 {
        Int64(headerSize) + length + packageCount(ofPlaintext: length) * Int64(tagSize)
    }

    /// Plaintext bytes of a stream of `length` bytes at rest; nil if no stream has this length.
    package static func plaintextLength(ofSealed length: Int64) -> Int64? {
        let possible = sealedLength(ofPlaintext: 0)...sealedLength(ofPlaintext: maximumPlaintextLength)
        guard possible.contains(length) else { return nil }
        let packages = length - Int64(headerSize)
        let count = (packages + sealedPackageSize64 - 1) / sealedPackageSize64
        let last = packages - (count - 1) * sealedPackageSize64
        guard last > Int64(tagSize) || (last == Int64(tagSize) && count == 1) else { return nil }
        return packages - count * Int64(tagSize)
    }

    /// Where package `number`, counted from 0, begins in the stream.
    package static func offset(ofPackage number: Int64) -> Int64 {
        Int64(headerSize) + number * sealedPackageSize64
    }

    /// The packages that hold the plaintext bytes `range` of a stream.
    ///
    /// `range` lies within the stream. An empty range takes in one package, so that there is always something to verify.
    package static func packages(holding range: Range<Int64>, ofPlaintext length: Int64) -> Range<Int64> {
        precondition(range.lowerBound >= 0 && range.upperBound <= length, "a range lies within its stream")
        let count = packageCount(ofPlaintext: length)
        let first = min(range.lowerBound / packageSize64, count - 1)
        let end = (range.upperBound + packageSize64 - 1) / packageSize64
        return first..<max(first + 1, end)
    }

    /// The bytes at rest of the packages `numbers` of a stream of `length` plaintext bytes.
    package static func sealedRange(ofPackages numbers: Range<Int64>, ofPlaintext length: Int64) -> Range<Int64> {
        precondition(numbers.lowerBound >= 0 && numbers.upperBound <= packageCount(ofPlaintext: length))
        let end = min(offset(ofPackage: numbers.upperBound), sealedLength(ofPlaintext: length))
        return offset(ofPackage: numbers.lowerBound)..<end
    }

    /// Plaintext bytes in package `number` of a stream of `length` plaintext bytes.
    package static func plaintextLength(ofPackage number: Int64, ofPlaintext length: Int64) -> Int {
        Int(min(packageSize64, length - number * packageSize64))
    }

    /// Plaintext bytes that a stream has whose first bytes these are; nil if no stream begins so.
    ///
    /// That they are authentic shows with the first package that is opened.
    package static func plaintextLength(inHeader bytes: [UInt8]) -> Int64? {
        (try? PackageHeader(decoding: bytes))?.plaintextLength
    }

    static func isValid(_ length: Int64) -> Bool { length >= 0 && length <= maximumPlaintextLength }

    private static let packageSize64 = Int64(packageSize)
    private static let sealedPackageSize64 = Int64(sealedPackageSize)
}
