import Cryptography
import Notation

/// The bytes of a ZIP archive between those of its members, which are stored as they are (APPNOTE 6.3.10): checksum and
/// size come behind each, as they are not known before; members of 4 GiB and more, and archives of as many bytes or of 65 535
/// members, in the 64-bit forms.
package struct ArchiveWriter {
    private struct Member {
        let name: [UInt8]
        let time: (time: UInt16, date: UInt16)
        let offset: UInt64
        let isLong: Bool
        var size: UInt64 = 0
        var checksum: UInt32 = 0
    }

    private var members: [Member] = []
    private var offset: UInt64 = 0
    private var current: Member?
    private var checksum = Checksum(.crc32)

    /// UTF-8 names; checksum and sizes behind the bytes.
    private static let flags: UInt16 = 0x0808
    private static let largest = UInt64(UInt32.max)

    package init() {}

    /// What stands before a member's bytes.
    ///
    /// - Parameters:
    ///   - size: its bytes.
    ///   - modified: milliseconds since 1970.
    package mutating func begin(_ name: String, size: Int64, modified: Int64) -> [UInt8] {
        let isLong = size >= Int64(Self.largest)
        let member = Member(
            name: Array(name.utf8), time: Self.time(modified), offset: offset, isLong: isLong)
        current = member
        checksum = Checksum(.crc32)
        var head: [UInt8] = []
        head.append(0x0403_4B50 as UInt32)
        head.append((isLong ? 45 : 20) as UInt16)
        head.append(Self.flags)
        head.append(0 as UInt16)
        head.append(member.time.time)
        head.append(member.time.date)
        head.append(0 as UInt32)
        head.append((isLong ? UInt32.max : 0) as UInt32)
        head.append((isLong ? UInt32.max : 0) as UInt32)
        head.append(UInt16(member.name.count))
        head.append((isLong ? 20 : 0) as UInt16)
        head += member.name
        if isLong {
            head.append(1 as UInt16)
            head.append(16 as UInt16)
            head.append(0 as UInt64)
            head.append(0 as UInt64)
        }
        offset += UInt64(head.count)
        return head
    }

    /// Takes note of some of the member's bytes, which go out as they are.
    package mutating func add(_ bytes: UnsafeRawBufferPointer) {
        checksum.update(bytes)
        current?.size += UInt64(bytes.count)
        offset += UInt64(bytes.count)
    }

    /// What stands behind a member's bytes.
    package mutating func end() -> [UInt8] {
        guard var member = current else { return [] }
        member.checksum = checksum.bigEndianBytes.reduce(0) { $0 << 8 | UInt32($1) }
        members.append(member)
        current = nil
        var tail: [UInt8] = []
        tail.append(0x0807_4B50 as UInt32)
        tail.append(member.checksum)
        if member.isLong {
            tail.append(member.size)
            tail.append(member.size)
        } else {
            tail.append(UInt32(member.size))
            tail.append(UInt32(member.size))
        }
        offset += UInt64(tail.count)
        return tail
    }

    /// The directory, in pieces of some dozen KiB, and the end of the archive.
    package func directory() -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var piece: [UInt8] = []
        var length: UInt64 = 0
        for member in members {
            let entry = Self.entry(member)
            length += UInt64(entry.count)
            piece += entry
            if piece.count > 48 << 10 {
                pieces.append(piece)
                piece = []
            }
        }
        piece += ending(length)
        pieces.append(piece)
        return pieces
    }

    private static func entry(_ member: Member) -> [UInt8] {
        var extra: [UInt8] = []
        if member.size >= largest {
            extra.append(member.size)
            extra.append(member.size)
        }
        if member.offset >= largest { extra.append(member.offset) }
        var entry: [UInt8] = []
        entry.append(0x0201_4B50 as UInt32)
        // Made by a system whose permissions stand in the upper half of the attributes.
        entry.append(0x0300 | 45 as UInt16)
        entry.append((extra.isEmpty && !member.isLong ? 20 : 45) as UInt16)
        entry.append(flags)
        entry.append(0 as UInt16)
        entry.append(member.time.time)
        entry.append(member.time.date)
        entry.append(member.checksum)
        entry.append(UInt32(min(member.size, largest)))
        entry.append(UInt32(min(member.size, largest)))
        entry.append(UInt16(member.name.count))
        entry.append(UInt16(extra.isEmpty ? 0 : extra.count + 4))
        entry.append(0 as UInt16)
        entry.append(0 as UInt16)
        entry.append(0 as UInt16)
        entry.append(0o100644 << 16 as UInt32)
        entry.append(UInt32(min(member.offset, largest)))
        entry += member.name
        if !extra.isEmpty {
            entry.append(1 as UInt16)
            entry.append(UInt16(extra.count))
            entry += extra
        }
        return entry
    }

    private func ending(_ length: UInt64) -> [UInt8] {
        var ending: [UInt8] = []
        let count = UInt64(members.count)
        if count >= 0xFFFF || offset >= Self.largest || length >= Self.largest {
            ending.append(0x0606_4B50 as UInt32)
            ending.append(44 as UInt64)
            ending.append(0x0300 | 45 as UInt16)
            ending.append(45 as UInt16)
            ending.append(0 as UInt32)
            ending.append(0 as UInt32)
            ending.append(count)
            ending.append(count)
            ending.append(length)
            ending.append(offset)
            ending.append(0x0706_4B50 as UInt32)
            ending.append(0 as UInt32)
            ending.append(offset + length)
            ending.append(1 as UInt32)
        }
        ending.append(0x0605_4B50 as UInt32)
        ending.append(0 as UInt16)
        ending.append(0 as UInt16)
        ending.append(UInt16(min(count, 0xFFFF)))
        ending.append(UInt16(min(count, 0xFFFF)))
        ending.append(UInt32(min(length, Self.largest)))
        ending.append(UInt32(min(offset, Self.largest)))
        ending.append(0 as UInt16)
        return ending
    }

    /// Two seconds precisely, UTC.
    private static func time(_ milliseconds: Int64) -> (time: UInt16, date: UInt16) {
        let text = Array(HTTPDate.iso8601(milliseconds).utf8)
        func number(_ range: Range<Int>) -> UInt16 { text[range].reduce(0) { $0 * 10 + UInt16($1 - 0x30) } }
        let year = number(0..<4)
        guard text.count >= 19, year >= 1980 else { return (0, 1 << 5 | 1) }
        return (
            number(11..<13) << 11 | number(14..<16) << 5 | number(17..<19) / 2,
            (year - 1980) << 9 | number(5..<7) << 5 | number(8..<10)
        )
    }
}

extension [UInt8] {
    /// Little-endian.
    fileprivate mutating func append(_ number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
