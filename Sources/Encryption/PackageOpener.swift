import Cryptography

/// Opens the packages of one stream, in any order.
///
/// `@unchecked Sendable`: it goes from task to task with the answer it feeds, but serves one call at a time. It is cheap
/// (one key derivation, one cipher context): concurrent readers take one each.
package final class PackageOpener: @unchecked Sendable {
    /// Plaintext bytes of the whole stream.
    package let plaintextLength: Int64

    private let cipher: StreamingAEAD
    private let packageCount: Int64

    /// Reads the header, which must be exactly the first ``PackageFormat/headerSize`` bytes of the stream.
    ///
    /// `plaintextLength` is what the catalogue says; ``PackageStreamError/lengthMismatch`` if the header differs. That
    /// the header is authentic shows with the first package that is opened.
    package init(
        header: [UInt8], objectKey: ObjectKey, identity: StreamIdentity, plaintextLength: Int64
    ) throws(PackageStreamError) {
        let header = try PackageHeader(decoding: header)
        guard header.plaintextLength == plaintextLength else { throw .lengthMismatch }
        self.plaintextLength = plaintextLength
        packageCount = PackageFormat.packageCount(ofPlaintext: plaintextLength)
        cipher = StreamingAEAD(
            algorithm: header.algorithm, key: header.streamKey(from: objectKey, identity: identity), direction: .open)
    }

    /// As above, from bytes that are somewhere else.
    package convenience init(
        header: UnsafeRawBufferPointer, objectKey: ObjectKey, identity: StreamIdentity, plaintextLength: Int64
    ) throws(PackageStreamError) {
        try self.init(
            header: Array(header), objectKey: objectKey, identity: identity, plaintextLength: plaintextLength)
    }

    /// Opens whole packages, the first of which is number `first`; returns how many plaintext bytes are in `output`.
    ///
    /// `output` has room for them and does not overlap `sealed`. Only what is authentic is returned; on an error every
    /// byte that was written to `output` is zero again. At least one package is expected: no bytes, a package cut short,
    /// or bytes beyond the last are ``PackageStreamError/lengthMismatch``.
    package func open(
        _ sealed: UnsafeRawBufferPointer, firstPackage first: Int64, into output: UnsafeMutableRawBufferPointer
    ) throws(PackageStreamError) -> Int {
        let packages = try numbers(ofPackagesIn: sealed.count, from: first)
        let total = sealed.count - packages.count * PackageFormat.tagSize
        precondition(output.count >= total, "the output is too small")
        var read = 0
        var written = 0
        for number in packages {
            let length = PackageFormat.plaintextLength(ofPackage: number, ofPlaintext: plaintextLength)
            let tagOffset = read + length
            let end = tagOffset + PackageFormat.tagSize
            cipher.begin(package: number, position: number == packageCount - 1 ? .final : .inner)
            cipher.update(
                UnsafeRawBufferPointer(rebasing: sealed[read..<tagOffset]),
                into: UnsafeMutableRawBufferPointer(rebasing: output[written..<(written + length)]))
            do {
                try cipher.finishOpening(tag: UnsafeRawBufferPointer(rebasing: sealed[tagOffset..<end]))
            } catch {
                UnsafeMutableRawBufferPointer(rebasing: output[..<(written + length)])
                    .initializeMemory(as: UInt8.self, repeating: 0)
                throw .notAuthentic(package: number)
            }
            read = end
            written += length
        }
        return written
    }

    /// Opens a stream of one package that is in memory as a whole: for small objects an opener would cost more than
    /// what it does.
    ///
    /// `output` has room for `plaintextLength` bytes. Errors as those of an opener.
    package static func openOnlyPackage(
        of stream: UnsafeRawBufferPointer, objectKey: ObjectKey, identity: StreamIdentity, plaintextLength: Int64,
        into output: UnsafeMutableRawBufferPointer
    ) throws(PackageStreamError) {
        guard PackageFormat.packageCount(ofPlaintext: plaintextLength) == 1,
            stream.count == PackageFormat.sealedLength(ofPlaintext: plaintextLength)
        else { throw .lengthMismatch }
        let header = try PackageHeader(decoding: Array(stream[..<PackageFormat.headerSize]))
        guard header.plaintextLength == plaintextLength else { throw .lengthMismatch }
        let isAuthentic = header.streamKey(from: objectKey, identity: identity).withUnsafeBytes { key in
            withNonce(ofPackage: 0, .final) { nonce in
                AEAD.open(
                    UnsafeRawBufferPointer(rebasing: stream[PackageFormat.headerSize...]), key: key, nonce: nonce,
                    associatedData: UnsafeRawBufferPointer(start: nil, count: 0), algorithm: header.algorithm,
                    into: output)
            }
        }
        guard isAuthentic else { throw .notAuthentic(package: 0) }
    }

    /// The packages that `count` bytes at rest are, from number `first` on, if they are whole packages of this stream.
    private func numbers(ofPackagesIn count: Int, from first: Int64) throws(PackageStreamError) -> Range<Int64> {
        guard count > 0, first >= 0, first < packageCount else { throw .lengthMismatch }
        let size = Int64(PackageFormat.sealedPackageSize)
        let end = first + (Int64(count) + size - 1) / size
        guard end <= packageCount,
            PackageFormat.sealedRange(ofPackages: first..<end, ofPlaintext: plaintextLength).count == count
        else { throw .lengthMismatch }
        return first..<end
    }
}
