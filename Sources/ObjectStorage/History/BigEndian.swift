/// Numbers and texts, one after another, into memory that has room for them.
struct BigEndianOutput {
    private let buffer: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(_ buffer: UnsafeMutableRawBufferPointer) {
        self.buffer = buffer
    }

    mutating func put<Number: FixedWidthInteger>(_ value: Number) {
        buffer.storeBytes(of: value.bigEndian, toByteOffset: count, as: Number.self)
        count += MemoryLayout<Number>.size
    }

    mutating func put(_ text: String, length: Int) {
        UnsafeMutableRawBufferPointer(rebasing: buffer[count..<(count + length)]).copyBytes(from: text.utf8)
        count += length
    }

    mutating func put(_ code: RowCode) {
        for index in code.indices { put(code[index]) }
    }

    mutating func put(_ bytes: some Collection<UInt8>) {
        UnsafeMutableRawBufferPointer(rebasing: buffer[count..<(count + bytes.count)]).copyBytes(from: bytes)
        count += bytes.count
    }

    mutating func put(_ bytes: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: buffer[count..<(count + bytes.count)]).copyMemory(from: bytes)
        count += bytes.count
    }

    /// Preceded by a byte 0 or 1.
    mutating func put(optional value: Int64?) {
        put(UInt8(value == nil ? 0 : 1))
        if let value { put(value) }
    }
}

/// The same, read.
struct BigEndianInput {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func next<Number: FixedWidthInteger>() -> Number? {
        let size = MemoryLayout<Number>.size
        guard position + size <= bytes.count else { return nil }
        defer { position += size }
        return bytes.withUnsafeBytes {
            Number(bigEndian: $0.loadUnaligned(fromByteOffset: position, as: Number.self))
        }
    }

    mutating func code() -> RowCode? {
        var code = RowCode()
        for index in code.indices {
            guard let number = next() as UInt64? else { return nil }
            code[index] = number
        }
        return code
    }
}
