import Cryptography

/// An `xl.meta` file: all versions of one object, with the data of those that are small.
///
/// Form: `"XL2 "` ‖ two numbers of 16 bits, major 1 and minor 0…3 ‖ the versions ‖ their XXH64 (minor 2 and 3) ‖ the
/// data. Only headers are read at once; a version is decoded when it is asked for.
package struct VersionFile: Sendable {
    /// Bytes of a file that is read at all.
    package static let greatestSize = 64 << 20
    /// Versions that one object may have.
    static let mostVersions = 100_000

    /// Where a version's record stands.
    private struct Place {
        let body: Range<Int>
        /// What the index says of it; nil in files without one.
        let header: Header?
    }

    private struct Header {
        let id: DriveVersionID
        let modified: Int64
        let type: Int64
        let flags: Int64
    }

    private let bytes: [UInt8]
    private let places: [Place]
    private let data: [String: Range<Int>]

    package init(_ bytes: [UInt8]) throws(DriveFault) {
        self.bytes = bytes
        guard bytes.count >= 8, bytes.starts(with: "XL2 ".utf8) else {
            throw bytes.first == UInt8(ascii: "{")
                ? .unsupported("an object in the format of before 2020 (JSON)") : .damaged("xl.meta has no head")
        }
        // In version 1.0 the numbers are characters.
        let isFirst = bytes[4...].starts(with: "1   ".utf8)
        let major = isFirst ? 1 : Int(bytes[4]) | Int(bytes[5]) << 8
        let minor = isFirst ? 0 : Int(bytes[6]) | Int(bytes[7]) << 8
        guard major == 1, minor <= 3 else { throw .unsupported("xl.meta of version \(major).\(minor)") }
        var reader = MessagePackReader(bytes[8...])
        guard minor > 0 else {
            places = try Self.listed(bytes[8...])
            data = [:]
            return
        }
        let records = try reader.readBytes()
        if minor >= 2 {
            let sum = try reader.readInteger()
            let computed = XXHash.of(Array(records), .xxh64).suffix(4).reduce(Int64(0)) { $0 << 8 | Int64($1) }
            guard sum == computed else { throw .damaged("the sum of xl.meta") }
        }
        places = minor == 3 ? try Self.indexed(records) : try Self.listed(records)
        data = try Self.data(&reader)
    }

    /// How many versions there are.
    package var count: Int { places.count }

    private static func indexed(_ records: ArraySlice<UInt8>) throws(DriveFault) -> [Place] {
        var reader = MessagePackReader(records)
        let headerVersion = try reader.readInteger()
        let recordVersion = try reader.readInteger()
        guard (1...3).contains(headerVersion), (1...3).contains(recordVersion) else {
            throw .unsupported("xl.meta with records of version \(headerVersion)/\(recordVersion)")
        }
        let count = try reader.readInteger()
        guard (0...Int64(mostVersions)).contains(count) else { throw .damaged("xl.meta with \(count) versions") }
        var places: [Place] = []
        for _ in 0..<count {
            let header = try header(try reader.readBytes(), version: headerVersion)
            let body = try reader.readBytes()
            places.append(Place(body: body.indices, header: header))
        }
        guard reader.isAtEnd else { throw .damaged("bytes behind the versions of xl.meta") }
        return places
    }

    private static func header(_ bytes: ArraySlice<UInt8>, version: Int64) throws(DriveFault) -> Header {
        var reader = MessagePackReader(bytes)
        let count = try reader.readArray(limit: 7)
        guard count == (version == 3 ? 7 : version == 2 ? 5 : 4) else { throw .damaged("a version's header") }
        let id = try DriveVersionID(bytes: try reader.readBytes())
        let modified = try reader.readInteger()
        if version > 1 { try reader.skip() }
        return Header(
            id: id, modified: modified, type: try reader.readInteger(), flags: try reader.readInteger())
    }

    private static func listed(_ records: ArraySlice<UInt8>) throws(DriveFault) -> [Place] {
        var reader = MessagePackReader(records)
        var places: [Place] = []
        for _ in 0..<(try reader.readMap(limit: 16)) {
            guard try reader.readText() == "Versions" else {
                try reader.skip()
                continue
            }
            if reader.takeNil() { continue }
            for _ in 0..<(try reader.readArray(limit: mostVersions)) {
                let start = reader.offset
                try reader.skip()
                places.append(Place(body: start..<reader.offset, header: nil))
            }
        }
        return places
    }

    private static func data(_ reader: inout MessagePackReader) throws(DriveFault) -> [String: Range<Int>] {
        guard !reader.isAtEnd else { return [:] }
        guard try reader.take(1).first == 1 else { throw .unsupported("the data of xl.meta") }
        var data: [String: Range<Int>] = [:]
        for _ in 0..<(try reader.readMap(limit: mostVersions)) {
            let key = try reader.readText()
            data[key] = try reader.readBytes().indices
        }
        return data
    }

    /// The versions, oldest first, each read as far as it can be.
    package func versions() -> [Result<DriveVersion, DriveFault>] {
        let decoded = places.map { place in
            Result { () throws(DriveFault) in try version(place) }
        }
        // Files without an index are in no order; one that cannot be read keeps its place among the others.
        let isIndexed = places.allSatisfy { $0.header != nil }
        if isIndexed { return decoded.reversed() }
        let failures = decoded.filter { if case .failure = $0 { true } else { false } }
        let sorted = decoded.compactMap { try? $0.get() }.sorted { $0.modified < $1.modified }
        return failures + sorted.map { .success($0) }
    }

    private func version(_ place: Place) throws(DriveFault) -> DriveVersion {
        let version = try DriveVersion(record: bytes[place.body])
        if let header = place.header {
            guard header.id == version.id, header.modified == version.modified, header.type == version.type else {
                throw .damaged("a version's header and its record differ")
            }
            if header.flags & 1 != 0 { return version.asBookkeeping }
        }
        return version
    }

    /// The data that stands in the file for a version; nil when there is none.
    package func inlineData(of id: DriveVersionID) -> ArraySlice<UInt8>? {
        data[id.text].map { bytes[$0] }
    }
}
