/// Writes one package stream, or two of which one is inside the other (DSSE-KMS).
///
/// Where the object key has an outer one, the whole inner stream, its header and tags too, is the plaintext of an outer
/// stream with a header, salt, key and tags of its own. What lies between the two is ciphertext: no plaintext has a place here.
///
/// `@unchecked Sendable`: as ``PackageSealer``.
package final class LayeredSealer: @unchecked Sendable {
    private let inner: PackageSealer
    private let outer: PackageSealer?
    /// Bytes of the inner stream on their way into the outer one; empty where there is none.
    private var between: [UInt8]
    private var waiting = 0..<0

    /// Bytes of the inner stream that are made before they are sealed again.
    private static let step = 64 << 10

    /// Begins a stream of `plaintextLength` bytes, with fresh random salts.
    package init(objectKey: ObjectKey, identity: StreamIdentity, plaintextLength: Int64) {
        inner = PackageSealer(objectKey: objectKey, identity: identity, plaintextLength: plaintextLength)
        let innerLength = PackageFormat.sealedLength(ofPlaintext: plaintextLength)
        outer = objectKey.outer.map {
            PackageSealer(objectKey: $0, identity: identity, plaintextLength: innerLength)
        }
        between = outer == nil ? [] : [UInt8](repeating: 0, count: Int(min(Int64(Self.step), innerLength)))
    }

    /// As ``PackageSealer/remainingPlaintext``.
    package var remainingPlaintext: Int64 { inner.remainingPlaintext }
    /// Whether everything has been produced, the last tag of the last layer included.
    package var isFinished: Bool { outer?.isFinished ?? inner.isFinished }

    /// As ``PackageSealer/seal(_:into:)``.
    package func seal(
        _ plaintext: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> (consumed: Int, produced: Int) {
        guard let outer else { return inner.seal(plaintext, into: output) }
        var (consumed, produced) = (0, 0)
        while true {
            let space = UnsafeMutableRawBufferPointer(rebasing: output[produced...])
            let (taken, made) = between.withUnsafeBytes { between in
                outer.seal(UnsafeRawBufferPointer(rebasing: between[waiting]), into: space)
            }
            waiting = waiting.lowerBound + taken..<waiting.upperBound
            produced += made
            guard waiting.isEmpty, !inner.isFinished else { return (consumed, produced) }
            let (used, sealed) = between.withUnsafeMutableBytes { between in
                inner.seal(UnsafeRawBufferPointer(rebasing: plaintext[consumed...]), into: between)
            }
            consumed += used
            waiting = 0..<sealed
            guard sealed > 0 else { return (consumed, produced) }
        }
    }
}
