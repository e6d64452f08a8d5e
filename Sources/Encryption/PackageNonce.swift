import Cryptography

/// Whether a package is the last of its stream; the last byte of the nonce.
enum PackagePosition: UInt8 {
    case inner = 0
    case final = 1
}

/// Lends the nonce of package `number` of a stream: the number, 11 bytes big-endian, and the position.
func withNonce<R>(
    ofPackage number: Int64, _ position: PackagePosition, _ body: (UnsafeRawBufferPointer) -> R
) -> R {
    var nonce: (UInt32, UInt32, UInt32) = (0, 0, 0)
    return withUnsafeMutableBytes(of: &nonce) { nonce in
        nonce.storeBytes(of: UInt64(number).bigEndian, toByteOffset: 3, as: UInt64.self)
        nonce[11] = position.rawValue
        return body(UnsafeRawBufferPointer(nonce))
    }
}

extension StreamingAEAD {
    /// Begins package `number` of a stream.
    func begin(package number: Int64, position: PackagePosition) {
        withNonce(ofPackage: number, position) {
            begin(nonce: $0, associatedData: UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }
}
