import Cryptography

/// Whether a package is the last of its stream; the last byte of the nonce.
enum PackagePosition: UInt8 {
    case inner = 0
    case final = 1
}

extension StreamingAEAD {
    /// Begins package `number` of a stream: its nonce is the number, 11 bytes big-endian, and the position.
    func begin(package number: Int64, position: PackagePosition) {
        var nonce: (UInt32, UInt32, UInt32) = (0, 0, 0)
        withUnsafeMutableBytes(of: &nonce) { nonce in
            nonce.storeBytes(of: UInt64(number).bigEndian, toByteOffset: 3, as: UInt64.self)
            nonce[11] = position.rawValue
            begin(nonce: UnsafeRawBufferPointer(nonce), associatedData: UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }
}
