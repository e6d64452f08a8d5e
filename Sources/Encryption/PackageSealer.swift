package import Cryptography

/// Writes one package stream.
///
/// Input and output may be cut anywhere: ciphertext goes from the cipher straight to its place in the caller's output,
/// and a tag that does not fit is kept for the next call. Nothing is allocated after the initialiser.
///
/// The caller passes exactly the plaintext length that was announced; a body that turns out shorter leaves a stream that is
/// not finished and must not be published.
///
/// `@unchecked Sendable`: it goes from task to task with the body it seals, but serves one call at a time.
package final class PackageSealer: @unchecked Sendable {
    /// Bytes of plaintext that are still to come; never pass more.
    package private(set) var remainingPlaintext: Int64
    /// Whether everything has been produced, the last tag included.
    package var isFinished: Bool { phase == .finished }

    private enum Phase { case header, body, tag, finished }

    private let cipher: StreamingAEAD
    private let finalPackage: Int64
    private var phase = Phase.header
    private var packageNumber: Int64 = 0
    /// Plaintext that the current package still takes.
    private var remainingInPackage = 0
    /// The header, later each tag in turn: what goes out from `pendingOffset` on.
    private var pending: [UInt8]
    private var pendingOffset = 0

    /// Begins a stream of `plaintextLength` bytes with a fresh random salt.
    package convenience init(
        objectKey: ObjectKey, identity: StreamIdentity, plaintextLength: Int64, algorithm: AEADAlgorithm = .aes256GCM
    ) {
        self.init(
            objectKey: objectKey, identity: identity, plaintextLength: plaintextLength, algorithm: algorithm,
            salt: SecureRandom.bytes(PackageHeader.saltSize))
    }

    /// With a salt of the caller's, 32 bytes, which must never be used twice: for golden vectors only.
    package init(
        objectKey: ObjectKey, identity: StreamIdentity, plaintextLength: Int64, algorithm: AEADAlgorithm, salt: [UInt8]
    ) {
        let header = PackageHeader(algorithm: algorithm, plaintextLength: plaintextLength, salt: salt)
        cipher = StreamingAEAD(
            algorithm: algorithm, key: header.streamKey(from: objectKey, identity: identity), direction: .seal)
        finalPackage = PackageFormat.packageCount(ofPlaintext: plaintextLength) - 1
        remainingPlaintext = plaintextLength
        pending = header.encoded
    }

    /// Seals as much of `plaintext` as fits into `output`, which do not overlap; either may be of any size.
    ///
    /// Stops when the output is full, or when the plaintext is used up and everything that follows from it is out. So a
    /// stream is complete when a call leaves ``isFinished`` true; with all plaintext consumed, go on with an empty one.
    package func seal(
        _ plaintext: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> (consumed: Int, produced: Int) {
        precondition(Int64(plaintext.count) <= remainingPlaintext, "more plaintext than was announced")
        var consumed = 0
        var produced = 0
        while true {
            switch phase {
            case .header:
                guard drainPending(into: output, at: &produced) else { return (consumed, produced) }
                beginPackage()
            case .body:
                let count = min(remainingInPackage, plaintext.count - consumed, output.count - produced)
                if count > 0 {
                    cipher.update(
                        UnsafeRawBufferPointer(rebasing: plaintext[consumed..<(consumed + count)]),
                        into: UnsafeMutableRawBufferPointer(rebasing: output[produced..<(produced + count)]))
                    consumed += count
                    produced += count
                    remainingInPackage -= count
                    remainingPlaintext -= Int64(count)
                }
                guard remainingInPackage == 0 else { return (consumed, produced) }
                endPackage()
            case .tag:
                guard drainPending(into: output, at: &produced) else { return (consumed, produced) }
                if packageNumber == finalPackage {
                    phase = .finished
                } else {
                    packageNumber += 1
                    beginPackage()
                }
            case .finished:
                return (consumed, produced)
            }
        }
    }

    /// Seals a stream of one package whose plaintext is in memory as a whole: for small objects a sealer would cost more than
    /// what it does.
    ///
    /// - Precondition: there are ``PackageFormat/packageSize`` bytes at most.
    package static func sealOnlyPackage(
        _ plaintext: UnsafeRawBufferPointer, objectKey: ObjectKey, identity: StreamIdentity,
        algorithm: AEADAlgorithm = .aes256GCM
    ) -> [UInt8] {
        let length = Int64(plaintext.count)
        precondition(PackageFormat.packageCount(ofPlaintext: length) == 1, "more plaintext than a package holds")
        let header = PackageHeader(
            algorithm: algorithm, plaintextLength: length, salt: SecureRandom.bytes(PackageHeader.saltSize))
        let key = header.streamKey(from: objectKey, identity: identity)
        let count = Int(PackageFormat.sealedLength(ofPlaintext: length))
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let stream = UnsafeMutableRawBufferPointer(buffer)
            stream.copyBytes(from: header.encoded)
            key.withUnsafeBytes { key in
                withNonce(ofPackage: 0, .final) { nonce in
                    AEAD.seal(
                        plaintext, key: key, nonce: nonce,
                        associatedData: UnsafeRawBufferPointer(start: nil, count: 0), algorithm: algorithm,
                        into: UnsafeMutableRawBufferPointer(rebasing: stream[PackageFormat.headerSize...]))
                }
            }
            initialized = count
        }
    }

    private func beginPackage() {
        cipher.begin(package: packageNumber, position: packageNumber == finalPackage ? .final : .inner)
        remainingInPackage = Int(min(Int64(PackageFormat.packageSize), remainingPlaintext))
        phase = .body
    }

    private func endPackage() {
        pending.removeAll(keepingCapacity: true)
        pending.append(contentsOf: repeatElement(0, count: PackageFormat.tagSize))
        pending.withUnsafeMutableBytes { cipher.finishSealing(into: $0) }
        pendingOffset = 0
        phase = .tag
    }

    /// Copies out what is pending; false if the output was full before its end.
    private func drainPending(into output: UnsafeMutableRawBufferPointer, at produced: inout Int) -> Bool {
        let count = min(pending.count - pendingOffset, output.count - produced)
        UnsafeMutableRawBufferPointer(rebasing: output[produced..<(produced + count)])
            .copyBytes(from: pending[pendingOffset..<(pendingOffset + count)])
        produced += count
        pendingOffset += count
        return pendingOffset == pending.count
    }
}
