import Logging

/// What is left in the catalogue to be removed and cannot be, because its rows or pages are damaged: it is passed over, and
/// the rest goes on.
struct StuckRemains {
    private struct Place: Hashable {
        let kind: Remains
        let row: Int64
    }

    /// Beyond, further ones are not remembered, and told of in every pass.
    private static let capacity = 65_536

    private var places: Set<Place> = []
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// Tells of each once: what it is, why it stays, and how many there are.
    mutating func note(_ kind: Remains, _ row: Int64, _ error: StorageError) {
        let place = Place(kind: kind, row: row)
        guard !places.contains(place) else { return }
        if places.count < Self.capacity { places.insert(place) }
        let what =
            switch kind {
            case .uploadsOfBuckets: "the uploads of deleted bucket \(row)"
            case .unusedParts: "the unused parts of upload \(row)"
            case .fileLists: "the files of deleted version \(row)"
            case .annotations: "the annotations of a deleted version, row \(row)"
            }
        logger.error("damaged: \(what) cannot be removed, one of \(places.count): \(error)")
    }

    mutating func forget(_ kind: Remains, _ row: Int64) {
        if !places.isEmpty { places.remove(Place(kind: kind, row: row)) }
    }
}
