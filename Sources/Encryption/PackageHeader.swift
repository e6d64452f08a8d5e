import Cryptography

/// The 56 bytes in front of a package stream.
struct PackageHeader {
    var algorithm: AEADAlgorithm
    var plaintextLength: Int64
    /// 32 bytes, fresh for every stream that is written.
    var salt: [UInt8]

    static let saltSize = 32

    init(algorithm: AEADAlgorithm, plaintextLength: Int64, salt: [UInt8]) {
        precondition(PackageFormat.isValid(plaintextLength), "a stream holds 0 to 2^48 bytes")
        precondition(salt.count == Self.saltSize, "a stream salt has 32 bytes")
        self.algorithm = algorithm
        self.plaintextLength = plaintextLength
        self.salt = salt
    }

    /// Reads a header; errors: ``PackageStreamError/badHeader``, ``PackageStreamError/unsupportedVersion(_:)``.
    init(decoding bytes: [UInt8]) throws(PackageStreamError) {
        guard bytes.count == PackageFormat.headerSize, bytes[..<8].elementsEqual(Self.magic) else {
            throw .badHeader
        }
        guard bytes[8] == Self.version else { throw .unsupportedVersion(bytes[8]) }
        let length = UInt64(bigEndian: bytes[16..<24])
        guard let algorithm = AEADAlgorithm(rawValue: bytes[9]), bytes[10] == 0, bytes[11] == 0,
            UInt64(bigEndian: bytes[12..<16]) == UInt64(PackageFormat.packageSize),
            length <= UInt64(PackageFormat.maximumPlaintextLength)
        else { throw .badHeader }
        self.init(algorithm: algorithm, plaintextLength: Int64(length), salt: Array(bytes[24...]))
    }

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(PackageFormat.headerSize)
        encode(into: &bytes)
        return bytes
    }

    private func encode(into bytes: inout [UInt8]) {
        bytes += Self.magic
        bytes.append(Self.version)
        bytes.append(algorithm.rawValue)
        bytes.append(bigEndian: UInt16(0))
        bytes.append(bigEndian: UInt32(PackageFormat.packageSize))
        bytes.append(bigEndian: UInt64(plaintextLength))
        bytes += salt
    }

    /// The key of the stream that begins with this header.
    func streamKey(from objectKey: ObjectKey, identity: StreamIdentity) -> SecretKey {
        var info: [UInt8] = []
        info.reserveCapacity(104)
        info.append(contentsOf: "coffer/v1 package stream".utf8)
        encode(into: &info)
        info += identity.versionID
        info.append(bigEndian: identity.partNumber)
        return HKDFSHA256.derive(from: objectKey.secret, salt: salt, info: info)
    }

    private static let magic = Array("COFFERPS".utf8)
    private static let version: UInt8 = 1
}
