import Maintenance
import S3Client

/// The versions of a key at an S3 server that keeps them, as far as exports have written them.
struct ExportedVersions {
    private enum Version {
        case deleteMarker
        /// - origin: nil for one that somebody else has written.
        case object(origin: String?)
    }

    /// The oldest first.
    private let there: [Version]

    init(at address: ObjectAddress, _ client: S3Client) async throws {
        var found: [(listed: S3Client.ListedVersion, version: Version)] = []
        var place: S3Client.VersionPlace?
        repeat {
            let page = try await client.versions(address, after: place)
            for version in page.versions where version.key.utf8.elementsEqual(address.key.utf8) {
                guard version.etag != nil else {
                    found.append((version, .deleteMarker))
                    continue
                }
                let one = ObjectAddress(bucket: address.bucket, key: address.key, version: version.version)
                found.append((version, .object(origin: ExportOrigin.of(try await client.head(one)))))
            }
            // Other keys begin so, too, and come behind it.
            let isOver = page.versions.last.map { !$0.key.utf8.elementsEqual(address.key.utf8) } ?? true
            place = isOver ? nil : page.next
        } while place != nil
        // Not every server lists delete markers among the others; what has the same time is in the order of its listing.
        there = found.reversed().enumerated().sorted { one, other in
            let (first, second) = (one.element.listed, other.element.listed)
            if first.isLatest != second.isLatest { return second.isLatest }
            return first.modified == second.modified ? one.offset < other.offset : first.modified < second.modified
        }.map(\.element.version)
    }

    /// Which of the source's versions are there, and which can come behind them.
    ///
    /// Delete markers carry nothing that tells which they are: they are known by where they stand.
    ///
    /// - Parameter versions: the oldest first.
    func presence(of versions: [ExportEntry]) throws -> [Presence] {
        var origins: [String: Int] = [:]
        for (index, entry) in versions.enumerated() where !entry.isDeleteMarker {
            origins[ExportOrigin.text(entry)] = index
        }
        var present: Set<Int> = []
        var newest = -1
        var markers = 0
        for version in there {
            switch version {
            case .deleteMarker: markers += 1
            case .object(nil): throw ExportObstacle(.inTheWay, "a version of it is not of an export")
            case .object(let origin?):
                markers = 0
                guard let index = origins[origin] else { continue }
                present.insert(index)
                newest = max(newest, index)
            }
        }
        let following = versions[(newest + 1)...].prefix { $0.isDeleteMarker }.count
        guard markers <= following else { throw ExportObstacle(.inTheWay, "it was deleted there") }
        return versions.indices.map { index in
            if index > newest { return index <= newest + markers ? .there : .missing }
            if present.contains(index) || versions[index].isDeleteMarker { return .there }
            return .barred(ExportObstacle(.inTheWay, "later versions of it are there already"))
        }
    }
}
