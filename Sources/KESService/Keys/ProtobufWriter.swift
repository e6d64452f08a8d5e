import Cryptography

/// Appends protobuf fields to a buffer, as proto3 says: in the order of the calls, zero and empty values left out.
///
/// It holds secrets: wipe it. Give it room for all that will come; when it grows, it wipes what it leaves behind.
struct ProtobufWriter {
    private(set) var bytes: [UInt8]

    init(reserving count: Int) {
        bytes = []
        bytes.reserveCapacity(count)
    }

    mutating func append(_ field: UInt64, _ value: UInt64) {
        guard value != 0 else { return }
        appendVarint(field << 3)
        appendVarint(value)
    }

    mutating func append(_ field: UInt64, _ text: String) {
        guard !text.isEmpty else { return }
        appendVarint(field << 3 | 2)
        appendVarint(UInt64(text.utf8.count))
        reserve(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(_ field: UInt64, _ value: UnsafeRawBufferPointer) {
        appendVarint(field << 3 | 2)
        appendVarint(UInt64(value.count))
        reserve(value.count)
        bytes.append(contentsOf: value)
    }

    /// A message inside this one; it is there even when nothing is in it.
    mutating func append(_ field: UInt64, _ message: (inout ProtobufWriter) -> Void) {
        var inner = ProtobufWriter(reserving: 256)
        message(&inner)
        inner.bytes.withUnsafeBytes { append(field, $0) }
        inner.wipe()
    }

    /// Appends fields that are encoded already.
    mutating func append(encoded: UnsafeRawBufferPointer) {
        reserve(encoded.count)
        bytes.append(contentsOf: encoded)
    }

    mutating func wipe() {
        Cryptography.wipe(&bytes)
    }

    private mutating func reserve(_ count: Int) {
        guard bytes.capacity - bytes.count < count else { return }
        var larger: [UInt8] = []
        larger.reserveCapacity(2 * (bytes.count + count))
        larger.append(contentsOf: bytes)
        Cryptography.wipe(&bytes)
        bytes = larger
    }

    private mutating func appendVarint(_ value: UInt64) {
        reserve(10)
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
