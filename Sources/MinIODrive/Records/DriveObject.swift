/// A version that has data.
package struct DriveObject: Sendable {
    package struct Part: Sendable {
        /// The client's number, 1…10000.
        package let number: Int
        /// Bytes as they are stored: compressed, then encrypted, without the sums between them.
        package let storedSize: Int64
        /// Bytes of plaintext.
        package let size: Int64
    }

    package let parts: [Part]
    /// Headers and user metadata by the names on disk.
    package let userMetadata: [(name: String, value: String)]
    /// Bytes that one sum of a data file covers.
    let blockSize: Int
    let dataDirectory: [UInt8]
    let system: SystemMetadata

    /// Bytes of plaintext.
    package var size: Int64 { parts.reduce(0) { $0 + $1.size } }
    package var encryption: DriveEncryption? { system.encryption }
    /// Whether it was uploaded in parts: then its part numbers and its ETag tell of them.
    package var isMultipart: Bool {
        system.hasPartKeys || parts.count > 1 || parts.first.map { $0.number != 1 } ?? false
            || storedETag.contains("-")
    }
    /// Another text for each change of its tags, retention or legal hold since it was written.
    package var changes: String { system.changes }
    package var isCompressed: Bool { system.compression != nil }

    /// As it is stored: in clear, or sealed in 96 hexadecimal digits.
    var storedETag: String { userMetadata.last { $0.name.lowercased() == "etag" }?.value ?? "" }

    /// The greatest block that is read into memory.
    private static let greatestBlock: Int64 = 16 << 20

    init(_ record: Record) throws(DriveFault) {
        system = try SystemMetadata(record.system)
        userMetadata = record.user
        dataDirectory = record.dataDirectory
        guard record.dataShards == 1, record.parityShards == 0 else {
            throw .unsupported(
                "erasure-coded over several drives (\(record.dataShards) data and \(record.parityShards) parity)")
        }
        guard record.checksumAlgorithm == 1 else { throw .unsupported("data sums of kind \(record.checksumAlgorithm)") }
        guard (1...Self.greatestBlock).contains(record.blockSize) else {
            throw .damaged("data in blocks of \(record.blockSize) bytes")
        }
        blockSize = Int(record.blockSize)
        guard record.partNumbers.count == record.partSizes.count else { throw .damaged("the list of parts") }
        var parts: [Part] = []
        var last: Int64 = 0
        for (index, number) in record.partNumbers.enumerated() {
            guard (1...10_000).contains(number), number > last else { throw .damaged("a part's number \(number)") }
            last = number
            let stored = record.partSizes[index]
            guard (0...Self.greatestPart).contains(stored) else { throw .damaged("a part's size \(stored)") }
            let actual = index < record.partActualSizes.count ? record.partActualSizes[index] : -1
            parts.append(
                Part(
                    number: Int(number), storedSize: stored,
                    size: try Self.size(
                        stored: stored, actual: actual, system, isOnly: record.partNumbers.count == 1)))
        }
        self.parts = parts
        guard parts.reduce(0, { $0 + $1.storedSize }) == record.size else { throw .damaged("the sizes of the parts") }
    }

    private static let greatestPart: Int64 = 1 << 46

    /// Bytes of plaintext of a part, which what is stored must agree with where it is not compressed.
    private static func size(
        stored: Int64, actual: Int64, _ system: SystemMetadata, isOnly: Bool
    ) throws(DriveFault) -> Int64 {
        let opened = system.encryption == nil ? stored : DAREStream.plaintextSize(ofSealed: stored)
        guard system.compression == nil else {
            if (0...greatestPart).contains(actual) { return actual }
            if isOnly, let whole = system.actualSize, (0...greatestPart).contains(whole) { return whole }
            throw .unsupported("a compressed part of unknown size")
        }
        guard let opened, actual < 0 || actual == opened else { throw .damaged("a part's size") }
        return opened
    }
}

extension DriveObject {
    /// What stands in a record, before it is understood.
    struct Record {
        private(set) var id: ArraySlice<UInt8> = []
        private(set) var dataDirectory: [UInt8] = []
        private(set) var dataShards: Int64 = 0
        private(set) var parityShards: Int64 = 0
        private(set) var blockSize: Int64 = 0
        private(set) var checksumAlgorithm: Int64 = 0
        private(set) var partNumbers: [Int64] = []
        private(set) var partSizes: [Int64] = []
        private(set) var partActualSizes: [Int64] = []
        private(set) var size: Int64 = 0
        private(set) var modified: Int64 = 0
        private(set) var system: [String: [UInt8]] = [:]
        private(set) var user: [(name: String, value: String)] = []

        private static let mostEntries = 4096

        init(_ reader: inout MessagePackReader) throws(DriveFault) {
            for _ in 0..<(try reader.readMap(limit: 64)) {
                let name = try reader.readText()
                // Absent and nil are the same everywhere.
                if reader.takeNil() { continue }
                switch name {
                case "ID": id = try reader.readBytes()
                case "DDir": dataDirectory = Array(try reader.readBytes())
                case "EcM": dataShards = try reader.readInteger()
                case "EcN": parityShards = try reader.readInteger()
                case "EcBSize": blockSize = try reader.readInteger()
                case "CSumAlgo": checksumAlgorithm = try reader.readInteger()
                case "PartNums": partNumbers = try Self.integers(&reader)
                case "PartSizes": partSizes = try Self.integers(&reader)
                case "PartASizes": partActualSizes = try Self.integers(&reader)
                case "Size": size = try reader.readInteger()
                case "MTime": modified = try reader.readInteger()
                case "MetaSys":
                    for _ in 0..<(try reader.readMap(limit: Self.mostEntries)) {
                        let key = try reader.readText()
                        system[key] = reader.takeNil() ? [] : Array(try reader.readBytes())
                    }
                case "MetaUsr":
                    for _ in 0..<(try reader.readMap(limit: Self.mostEntries)) {
                        user.append((try reader.readText(), try reader.readText()))
                    }
                default: try reader.skip()
                }
            }
        }

        private static func integers(_ reader: inout MessagePackReader) throws(DriveFault) -> [Int64] {
            var numbers: [Int64] = []
            for _ in 0..<(try reader.readArray(limit: 10_000)) { numbers.append(try reader.readInteger()) }
            return numbers
        }

        var requiredID: DriveVersionID { get throws(DriveFault) { try DriveVersionID(bytes: id) } }
    }
}
