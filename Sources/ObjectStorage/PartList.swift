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
        var numbers: [UInt32] = []
        numbers.reserveCapacity(unused.count)
        for number in unused.keys.sorted() {
            guard let number = UInt32(exactly: number) else { throw .database("the number of a part is damaged") }
            numbers.append(number)
        }
        return PartSelection(changes: changes, unused: numbers)
    }
}

/// Some of the parts of an upload, as a completion names them to the committer: by those that are left out.
package struct PartSelection: Sendable {
    /// Of the list that they were selected from.
    let changes: Int64
    /// The numbers of parts that are left out, in their order.
    let unused: [UInt32]
}
