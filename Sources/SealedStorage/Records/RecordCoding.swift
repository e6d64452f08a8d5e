/// The plaintext of sealed records: a version byte, then fields of tag, length (LEB128) and bytes.
///
/// The field order is the writer's; a reader that needs one field (LIST needs the ETag, written first) stops there.
package struct RecordEncoder {
    package static let version: UInt8 = 1

    package private(set) var bytes: [UInt8]

    package init(capacity: Int = 256) {
        bytes = []
        bytes.reserveCapacity(capacity)
        bytes.append(Self.version)
    }

    package mutating func put(_ tag: some RawRepresentable<UInt8>, _ value: some Collection<UInt8>) {
        bytes.append(tag.rawValue)
        putLength(value.count)
        bytes.append(contentsOf: value)
    }

    package mutating func put(_ tag: some RawRepresentable<UInt8>, _ value: String) {
        put(tag, value.utf8)
    }

    package mutating func put(_ tag: some RawRepresentable<UInt8>, _ value: String?) {
        if let value { put(tag, value.utf8) }
    }

    package mutating func put(_ tag: some RawRepresentable<UInt8>, _ value: Int64) {
        put(tag, withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) })
    }

    /// A field as it was read, whatever it means.
    package mutating func put(_ field: RecordDecoder.Field) {
        bytes.append(field.tag)
        putLength(field.value.count)
        bytes.append(contentsOf: field.value)
    }

    /// A name and a value in one field: the name's length, the name, the value.
    package mutating func put(_ tag: some RawRepresentable<UInt8>, name: String, value: String) {
        var field = RecordEncoder(field: name.utf8.count + value.utf8.count + 4)
        field.putLength(name.utf8.count)
        field.bytes.append(contentsOf: name.utf8)
        field.bytes.append(contentsOf: value.utf8)
        put(tag, field.bytes)
    }

    private init(field capacity: Int) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    private mutating func putLength(_ length: Int) {
        var rest = UInt(length)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// A record opened correctly (its tag was right) but does not parse: written by a newer Coffer, or a defect.
package struct RecordMalformed: Error {
    package init() {}
}

/// Walks the fields of a record in order.
package struct RecordDecoder {
    package struct Field {
        package let tag: UInt8
        package let value: ArraySlice<UInt8>

        package var string: String { String(decoding: value, as: UTF8.self) }
        package var bytes: [UInt8] { [UInt8](value) }

        package func integer() throws(RecordMalformed) -> Int64 {
            guard value.count == 8 else { throw RecordMalformed() }
            return value.reduce(0) { $0 << 8 | Int64($1) }
        }

        package func pair() throws(RecordMalformed) -> (name: String, value: String) {
            let (name, value) = try pairOfBytes()
            return (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
        }

        func pairOfBytes() throws(RecordMalformed) -> (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>) {
            var decoder = RecordDecoder(field: value)
            let length = try decoder.length()
            guard length <= decoder.rest.count else { throw RecordMalformed() }
            return (decoder.rest.prefix(length), decoder.rest.dropFirst(length))
        }
    }

    private var rest: ArraySlice<UInt8>

    package init(_ record: [UInt8]) throws(RecordMalformed) {
        try self.init(record[...])
    }

    package init(_ record: ArraySlice<UInt8>) throws(RecordMalformed) {
        guard record.first == RecordEncoder.version else { throw RecordMalformed() }
        rest = record.dropFirst()
    }

    private init(field: ArraySlice<UInt8>) { rest = field }

    package mutating func next() throws(RecordMalformed) -> Field? {
        guard let tag = rest.popFirst() else { return nil }
        let length = try length()
        guard length <= rest.count else { throw RecordMalformed() }
        let value = rest.prefix(length)
        rest = rest.dropFirst(length)
        return Field(tag: tag, value: value)
    }

    private mutating func length() throws(RecordMalformed) -> Int {
        var length = 0
        for shift in stride(from: 0, through: 28, by: 7) {
            guard let byte = rest.popFirst() else { throw RecordMalformed() }
            length |= Int(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return length }
        }
        throw RecordMalformed()
    }
}
