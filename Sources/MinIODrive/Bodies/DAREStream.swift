import Cryptography

/// Opens a stream of DARE 2.0: packages of up to 65 536 bytes, each authenticated with its place in the stream.
///
/// A package: 16 bytes of head (version 0x20, cipher, length − 1 in 16 bits, nonce of 12 bytes) ‖ ciphertext ‖ tag. All
/// have the same nonce, but for the highest bit of its first byte, which the last package has. A stream of no bytes has
/// no package, and nothing of it is authenticated.
struct DAREStream {
    static let packageSize = 65_536
    static let overhead = 32

    private let key: SecretKey
    private var nonce: [UInt8]?
    private var number: UInt32 = 0
    private var isFinished = false
    private var buffer = ByteQueue()

    init(key: SecretKey) { self.key = key }

    /// Bytes of plaintext of so many sealed ones; nil when no stream has that length.
    static func plaintextSize(ofSealed sealed: Int64) -> Int64? {
        guard sealed > 0 else { return sealed == 0 ? 0 : nil }
        let whole = Int64(packageSize + overhead)
        let rest = sealed % whole
        guard rest == 0 || rest > Int64(overhead) else { return nil }
        return sealed - Int64(overhead) * (sealed / whole + (rest == 0 ? 0 : 1))
    }

    /// All of a short stream.
    static func open(_ sealed: some Sequence<UInt8>, key: SecretKey) throws(DriveFault) -> [UInt8] {
        var stream = DAREStream(key: key)
        var plaintext: [UInt8] = []
        try stream.open(Array(sealed)[...], into: &plaintext)
        try stream.finish()
        return plaintext
    }

    /// Takes the next bytes, and appends what they give to the output.
    mutating func open(_ bytes: ArraySlice<UInt8>, into output: inout [UInt8]) throws(DriveFault) {
        buffer.append(bytes)
        while buffer.count >= 16 {
            let length = (Int(buffer[2]) | Int(buffer[3]) << 8) + 1
            guard buffer.count >= length + Self.overhead else { return }
            try openPackage(buffer.take(length + Self.overhead), into: &output)
        }
    }

    private mutating func openPackage(_ package: [UInt8], into output: inout [UInt8]) throws(DriveFault) {
        guard !isFinished else { throw .damaged("encrypted data goes on behind its last package") }
        guard package[0] == 0x20 else { throw .unsupported("encrypted data of DARE version \(package[0] >> 4)") }
        let cipher: AEADAlgorithm
        switch package[1] {
        case 0: cipher = .aes256GCM
        case 1: cipher = .chaCha20Poly1305
        default: throw .damaged("an encrypted package's cipher")
        }
        let isLast = package[4] & 0x80 != 0
        guard isLast || package.count == Self.packageSize + Self.overhead else {
            throw .damaged("an encrypted package is too short")
        }
        var ownNonce = Array(package[4..<16])
        var common = ownNonce
        common[0] &= 0x7f
        guard nonce == nil || nonce == common else { throw .damaged("an encrypted package is of another stream") }
        nonce = common
        for index in 0..<4 { ownNonce[8 + index] ^= UInt8(truncatingIfNeeded: number >> (8 * UInt32(index))) }
        do {
            output += try AEAD.open(
                Array(package[16...]), key: key, nonce: ownNonce, associatedData: Array(package[..<4]),
                algorithm: cipher)
        } catch {
            throw .damaged("an encrypted package is not authentic")
        }
        guard number < .max else { throw .damaged("encrypted data of too many packages") }
        number += 1
        isFinished = isLast
    }

    /// Checks that the stream has ended with its last package, or has had none at all.
    func finish() throws(DriveFault) {
        guard buffer.count == 0, isFinished || number == 0 else { throw .damaged("encrypted data ends too early") }
    }
}

/// Bytes that come in pieces and go in others.
struct ByteQueue {
    private var bytes: [UInt8] = []
    private var start = 0

    var count: Int { bytes.count - start }

    subscript(index: Int) -> UInt8 { bytes[start + index] }

    mutating func append(_ more: ArraySlice<UInt8>) {
        if start > 0 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes += more
    }

    /// - Precondition: there are as many.
    mutating func take(_ count: Int) -> [UInt8] {
        defer { start += count }
        return Array(bytes[start..<start + count])
    }
}
