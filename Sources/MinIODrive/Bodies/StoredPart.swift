import Cryptography
import Glibc

/// The bytes of one part as they are stored, block by block, each checked against the sum before it.
///
/// Form: blocks of the object's block size, the last one shorter, each behind its HighwayHash-256 of 32 bytes.
///
/// `@unchecked Sendable`: one task at a time reads it.
final class StoredPart: @unchecked Sendable {
    private enum Place {
        case memory(ArraySlice<UInt8>)
        case file(descriptor: Int32, path: String)
    }

    /// The key of MinIO's sums, which is no secret.
    private static let key: [UInt8] = [
        0x4b, 0xe7, 0x34, 0xfa, 0x8e, 0x23, 0x8a, 0xcd, 0x26, 0x3e, 0x83, 0xe6, 0xbb, 0x96, 0x85, 0x52, 0x04, 0x0f,
        0x93,
        0x5d, 0xa3, 0x9f, 0x44, 0x14, 0x97, 0xe0, 0x9d, 0x13, 0x22, 0xde, 0x36, 0xa0,
    ]

    private var place: Place
    private let blockSize: Int
    private var left: Int64

    /// - Parameter size: bytes without the sums.
    init(_ memory: ArraySlice<UInt8>, size: Int64, blockSize: Int) throws(DriveFault) {
        (place, self.blockSize, left) = (.memory(memory), blockSize, size)
        guard Int64(memory.count) == Self.framed(size, blockSize) else { throw .damaged("the length of its data") }
    }

    /// - Parameter path: of a file, which no symbolic link may stand for.
    init(file path: String, size: Int64, blockSize: Int) throws(DriveFault) {
        let descriptor = try DriveFiles.open(path)
        (place, self.blockSize, left) = (.file(descriptor: descriptor, path: path), blockSize, size)
        guard try DriveFiles.length(of: descriptor, path) == Self.framed(size, blockSize) else {
            throw .damaged("the length of \(DriveFiles.name(of: path))")
        }
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    deinit { if case .file(let descriptor, _) = place { close(descriptor) } }

    private static func framed(_ size: Int64, _ blockSize: Int) -> Int64 {
        let block = Int64(blockSize)
        return size + Int64(HighwayHash.byteCount) * ((size + block - 1) / block)
    }

    /// Whether nothing has to be waited for.
    var isInMemory: Bool {
        switch place {
        case .memory: true
        case .file: false
        }
    }

    /// The next block; nil at the end.
    func next() throws(DriveFault) -> ArraySlice<UInt8>? {
        guard left > 0 else { return nil }
        let count = Int(min(left, Int64(blockSize)))
        let framed = try take(HighwayHash.byteCount + count)
        let isWhole = framed.withUnsafeBytes { bytes in
            HighwayHash.hash(UnsafeRawBufferPointer(rebasing: bytes[HighwayHash.byteCount...]), key: Self.key)
                .elementsEqual(bytes[..<HighwayHash.byteCount])
        }
        guard isWhole else { throw .damaged("the sum of its data") }
        left -= Int64(count)
        return framed[HighwayHash.byteCount...]
    }

    private func take(_ count: Int) throws(DriveFault) -> [UInt8] {
        switch place {
        case .memory(let bytes):
            place = .memory(bytes.dropFirst(count))
            return Array(bytes.prefix(count))
        case .file(let descriptor, let path):
            return try DriveFiles.read(count, from: descriptor, path)
        }
    }
}
