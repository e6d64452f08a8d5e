/// The fields of a protobuf message, one after the other.
///
/// It reads memory that somebody else owns and makes no copies, since most of what it sees are secrets. It does not
/// descend by itself: a message inside a message is bytes, for another reader.
struct ProtobufReader {
    enum Value {
        case varint(UInt64)
        case bytes(UnsafeRawBufferPointer)
        /// A number of 4 or 8 bytes, of which stored keys have none.
        case fixed
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The next field, or `nil` at the end.
    mutating func next() throws(StoredKeyError) -> (field: UInt64, value: Value)? {
        guard position < bytes.count else { return nil }
        let tag = try varint()
        let field = tag >> 3
        guard field > 0, field <= 0x1fff_ffff else { throw .malformed }
        switch tag & 7 {
        case 0: return (field, .varint(try varint()))
        case 1: return (field, try fixed(8))
        case 2:
            let count = try varint()
            guard count <= UInt64(bytes.count - position) else { throw .malformed }
            let start = position
            position += Int(count)
            return (field, .bytes(UnsafeRawBufferPointer(rebasing: bytes[start..<position])))
        case 5: return (field, try fixed(4))
        // Groups, which were abolished before the first of these messages was written.
        default: throw .malformed
        }
    }

    private mutating func fixed(_ count: Int) throws(StoredKeyError) -> Value {
        guard bytes.count - position >= count else { throw .malformed }
        position += count
        return .fixed
    }

    private mutating func varint() throws(StoredKeyError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard position < bytes.count else { throw .malformed }
            let byte = bytes[position]
            position += 1
            // The tenth byte has room for one bit.
            guard shift < 63 || byte <= 1 else { throw .malformed }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        throw .malformed
    }
}
