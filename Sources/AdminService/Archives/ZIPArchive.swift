import Cryptography
import S3Protocol

/// A ZIP archive in memory, read by its directory: stored and deflated files, no encryption, no ZIP64.
///
/// What comes out of it is bounded in all, whatever it says of itself.
package struct ZIPArchive: Sendable {
    /// Why an archive cannot be read.
    package struct Malformed: Error {
        let reason: String
    }

    package struct Entry: Sendable {
        /// As it stands in the archive, with `/`.
        let name: String
        fileprivate let method: UInt16
        fileprivate let checksum: UInt32
        fileprivate let compressed: Int
        fileprivate let size: Int
        /// Of its local header.
        fileprivate let offset: Int
    }

    /// Files, in the order of the directory; no folders.
    package let entries: [Entry]
    private let bytes: [UInt8]
    private let limit: Int

    /// - Parameters:
    ///   - limit: bytes that all files have together, decompressed.
    ///   - mostEntries: files, folders among them.
    package init(_ bytes: [UInt8], limit: Int, mostEntries: Int) throws(Malformed) {
        self.bytes = bytes
        self.limit = limit
        guard let end = Self.endOfDirectory(bytes) else { throw Malformed(reason: "it is no ZIP archive") }
        let count = Int(bytes.word16(end + 10))
        let start = Int(bytes.word32(end + 16))
        let length = Int(bytes.word32(end + 12))
        guard count <= mostEntries else { throw Malformed(reason: "it has more than \(mostEntries) files") }
        guard start + length <= end else { throw Malformed(reason: "its directory is cut") }
        var entries: [Entry] = []
        var position = start
        var total = 0
        for _ in 0..<count {
            guard position + 46 <= end, bytes.word32(position) == 0x0201_4B50 else {
                throw Malformed(reason: "its directory is damaged")
            }
            let nameLength = Int(bytes.word16(position + 28))
            let next = position + 46 + nameLength + Int(bytes.word16(position + 30)) + Int(bytes.word16(position + 32))
            guard next <= end,
                let name = String(validating: bytes[position + 46..<position + 46 + nameLength], as: UTF8.self)
            else { throw Malformed(reason: "its directory is damaged") }
            guard bytes.word16(position + 8) & 1 == 0 else { throw Malformed(reason: "\(name) is encrypted") }
            let entry = Entry(
                name: name, method: bytes.word16(position + 10), checksum: bytes.word32(position + 16),
                compressed: Int(bytes.word32(position + 20)), size: Int(bytes.word32(position + 24)),
                offset: Int(bytes.word32(position + 42)))
            total += entry.size
            guard total <= limit else { throw Malformed(reason: "its files have more than \(limit) bytes") }
            if !name.hasSuffix("/") { entries.append(entry) }
            position = next
        }
        self.entries = entries
    }

    /// The bytes of a file, checked against its checksum.
    package func contents(of entry: Entry) throws(Malformed) -> [UInt8] {
        let damaged = Malformed(reason: "\(entry.name) is damaged")
        guard entry.offset + 30 <= bytes.count, bytes.word32(entry.offset) == 0x0403_4B50 else { throw damaged }
        let start = entry.offset + 30 + Int(bytes.word16(entry.offset + 26)) + Int(bytes.word16(entry.offset + 28))
        guard start + entry.compressed <= bytes.count else { throw damaged }
        let data = bytes[start..<start + entry.compressed]
        let contents: [UInt8]
        switch entry.method {
        case 0: contents = Array(data)
        case 8:
            do throws(Inflater.Malformed) {
                contents = try Inflater.inflate(data, limit: entry.size)
            } catch {
                throw damaged
            }
        default: throw Malformed(reason: "\(entry.name) is compressed in a way that is not known")
        }
        guard contents.count == entry.size, contents.crc32 == entry.checksum else { throw damaged }
        return contents
    }

    /// Where the record at the end begins, behind which there may be a comment of up to 65535 bytes.
    private static func endOfDirectory(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 22 else { return nil }
        for position in stride(from: bytes.count - 22, through: max(0, bytes.count - 22 - 65535), by: -1)
        where bytes.word32(position) == 0x0605_4B50 && position + 22 + Int(bytes.word16(position + 20)) == bytes.count {
            return position
        }
        return nil
    }
}

/// A ZIP archive as it is written, file by file: nothing is compressed, and only the directory is kept in memory.
struct ZIPWriter {
    private var directory: [UInt8] = []
    private var count = 0
    private var offset = 0

    /// The bytes of a file with what stands before them.
    mutating func file(_ name: String, _ contents: [UInt8]) -> [UInt8] {
        let checksum = contents.crc32
        var common: [UInt8] = []
        // Version 2.0, names in UTF-8, stored, 1980-01-01: who unpacks it takes the day for none.
        common.appendWords16(20, 0x0800, 0, 0, 0x21)
        common.appendWords32(checksum, UInt32(contents.count), UInt32(contents.count))
        common.appendWords16(UInt16(name.utf8.count), 0)
        var local: [UInt8] = []
        local.appendWords32(0x0403_4B50)
        local += common
        local += Array(name.utf8)
        local += contents
        directory.appendWords32(0x0201_4B50)
        directory.appendWords16(20)
        directory += common
        directory.appendWords16(0, 0, 0)
        directory.appendWords32(0, UInt32(offset))
        directory += Array(name.utf8)
        offset += local.count
        count += 1
        return local
    }

    /// What ends the archive.
    func end() -> [UInt8] {
        var end = directory
        end.appendWords32(0x0605_4B50)
        end.appendWords16(0, 0, UInt16(count), UInt16(count))
        end.appendWords32(UInt32(directory.count), UInt32(offset))
        end.appendWords16(0)
        return end
    }
}

extension [UInt8] {
    fileprivate var crc32: UInt32 {
        Checksum.of(self, .crc32).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Little-endian; the caller has made sure that they are there.
    fileprivate func word16(_ place: Int) -> UInt16 { UInt16(self[place]) | UInt16(self[place + 1]) << 8 }
    fileprivate func word32(_ place: Int) -> UInt32 { UInt32(word16(place)) | UInt32(word16(place + 2)) << 16 }

    fileprivate mutating func appendWords16(_ words: UInt16...) {
        for word in words { Swift.withUnsafeBytes(of: word.littleEndian) { append(contentsOf: $0) } }
    }

    fileprivate mutating func appendWords32(_ words: UInt32...) {
        for word in words { Swift.withUnsafeBytes(of: word.littleEndian) { append(contentsOf: $0) } }
    }
}
