/// Reads slices of an inner package stream out of the outer one around it (DSSE-KMS).
///
/// What it gives out is ciphertext of the inner layer, each package of the outer one authenticated. One call at a time.
package final class LayeredOpener: @unchecked Sendable {
    private let opener: PackageOpener
    private let length: Int64

    /// - Parameters:
    ///   - header: the first ``PackageFormat/headerSize`` bytes of the outer stream.
    ///   - objectKey: with an outer key.
    ///   - plaintextLength: of the inner stream, as the catalogue says.
    package init?(
        header: [UInt8], objectKey: ObjectKey, identity: StreamIdentity, plaintextLength: Int64
    ) throws(PackageStreamError) {
        guard let outer = objectKey.outer else { return nil }
        length = PackageFormat.sealedLength(ofPlaintext: plaintextLength)
        opener = try PackageOpener(header: header, objectKey: outer, identity: identity, plaintextLength: length)
    }

    /// Where the outer packages lie at rest that hold these bytes of the inner stream.
    ///
    /// Nil when the inner stream does not have them.
    package func place(of bytes: Range<Int64>) -> Range<Int64>? {
        guard bytes.lowerBound >= 0, bytes.upperBound <= length else { return nil }
        return PackageFormat.sealedRange(
            ofPackages: PackageFormat.packages(holding: bytes, ofPlaintext: length), ofPlaintext: length)
    }

    /// Opens the outer packages of ``place(of:)``, and lends those bytes of the inner stream.
    package func withInner<R>(
        _ bytes: Range<Int64>, of sealed: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> R
    ) throws -> R {
        let first = PackageFormat.packages(holding: bytes, ofPlaintext: length).lowerBound
        return try withUnsafeTemporaryAllocation(byteCount: sealed.count, alignment: 64) { inner in
            _ = try opener.open(sealed, firstPackage: first, into: inner)
            let start = Int(bytes.lowerBound - first * Int64(PackageFormat.packageSize))
            return try body(UnsafeRawBufferPointer(rebasing: inner[start..<start + bytes.count]))
        }
    }
}
