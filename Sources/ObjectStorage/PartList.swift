/// All parts of an upload, of one moment.
package struct PartList: Sendable {
    /// In the order of their numbers.
    package let rows: [PartRow]
    /// How often parts of the upload had been stored by then.
    let changes: Int64

    /// The parts that a version is to be made of; the others are discarded with its commit.
    ///
    /// Throws `partsChanged` when one of them is not in the list.
    package func selecting(
        _ parts: some Sequence<(number: Int, blob: BlobID)>
    ) throws(StorageError) -> PartSelection {
        var unused = Dictionary(rows.map { ($0.number, $0.blob) }, uniquingKeysWith: { first, _ in first })
        for part in parts {
            guard unused.removeValue(forKey: part.number) == part.blob else { throw .partsChanged }
        }
        return PartSelection(changes: changes, unused: try PartSelection.encode(unused.keys.sorted()))
    }
}

/// Some of the parts of an upload, as a completion names them to the committer: by those that are left out.
package struct PartSelection: Sendable {
    /// Of the list that they were selected from.
    let changes: Int64
    /// The numbers of parts that are left out, four bytes each, big-endian: as they are stored.
    let unused: [UInt8]

    static let numberLength = 4

    /// Throws when one is of more than four bytes.
    static func encode(_ numbers: [Int]) throws(StorageError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(numbers.count * numberLength)
        for number in numbers {
            guard let number = UInt32(exactly: number) else { throw .database("the number of a part is damaged") }
            withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    /// What ``encode(_:)`` has made; a damaged rest is left out.
    static func decode(_ bytes: ArraySlice<UInt8>) -> [Int] {
        stride(from: bytes.startIndex, to: bytes.endIndex - numberLength + 1, by: numberLength).map { start in
            Int(bytes[start..<start + numberLength].reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
        }
    }
}
