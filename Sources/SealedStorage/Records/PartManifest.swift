package import ObjectStorage

/// The parts of a multipart object in order: which blob, how many bytes of plaintext.
///
/// Sealed and bound to the version, so that a part can be neither dropped, nor swapped, nor cut.
package struct PartManifest: Sendable {
    package struct Part: Sendable {
        /// The client's part number, 1…10000: bound into the part's stream key.
        package var number: UInt32
        package var blob: BlobID
        /// Plaintext bytes.
        package var size: Int64
        /// The part's checksum as base64, when one is kept.
        package var checksum: String?

        package init(number: UInt32, blob: BlobID, size: Int64, checksum: String?) {
            self.number = number
            self.blob = blob
            self.size = size
            self.checksum = checksum
        }
    }

    package var parts: [Part]

    package init(parts: [Part]) { self.parts = parts }
}

extension PartManifest {
    private static let partLength = 4 + 16 + 8 + 1

    /// Version byte, then a part after the other: number (4 bytes), blob id (16), size (8), checksum length (1), checksum.
    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = [RecordEncoder.version]
        bytes.reserveCapacity(1 + parts.count * (Self.partLength + 12))
        for part in parts {
            withUnsafeBytes(of: part.number.bigEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: part.blob.bytes)
            withUnsafeBytes(of: part.size.bigEndian) { bytes.append(contentsOf: $0) }
            let checksum = (part.checksum ?? "").utf8
            bytes.append(UInt8(checksum.count))
            bytes.append(contentsOf: checksum)
        }
        return bytes
    }

    package init(decoding bytes: [UInt8]) throws(RecordMalformed) {
        guard bytes.first == RecordEncoder.version else { throw RecordMalformed() }
        var rest = bytes.dropFirst()
        parts = []
        while !rest.isEmpty {
            guard rest.count >= Self.partLength else { throw RecordMalformed() }
            let number = rest.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let blob = BlobID(bytes: rest.dropFirst(4).prefix(16))
            let size = rest.dropFirst(20).prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
            let checksumLength = Int(rest[rest.startIndex + 28])
            rest = rest.dropFirst(Self.partLength)
            guard let blob, size >= 0, rest.count >= checksumLength,
                let checksum = String(validating: rest.prefix(checksumLength), as: UTF8.self)
            else { throw RecordMalformed() }
            rest = rest.dropFirst(checksumLength)
            parts.append(Part(number: number, blob: blob, size: size, checksum: checksum.isEmpty ? nil : checksum))
        }
    }
}
