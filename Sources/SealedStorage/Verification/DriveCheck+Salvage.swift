import Encryption
package import NIOCore
package import ObjectStorage

extension DriveCheck {
    /// What could be read of a damaged object.
    package struct Salvage: Codable, Sendable {
        /// Bytes of the whole object.
        package let size: Int64
        /// Bytes that could not be read: where they begin, and how many there are.
        package var holes: [Hole] = []

        package struct Hole: Codable, Sendable {
            package let offset: Int64
            package var count: Int64
        }
    }

    /// The version that a finding is about; `nil` when it is not about one, or it is gone.
    package func version(of finding: DriveFinding) async throws -> WalkedVersion? {
        guard let row = finding.row else { return nil }
        let walked = try await store.walkVersions(after: row - 1, upTo: row, limit: 1, bytes: 1).first
        return walked?.found.version.columns.version.hex == finding.version ? walked : nil
    }

    /// Reads whatever of a version's bytes is authentic, package by package.
    ///
    /// - Parameter write: is given plaintext and where in the object it belongs.
    /// - Returns: `nil` when nothing of it can be read: its record or its key does not open.
    package func salvage(
        _ walked: WalkedVersion, write: (Int64, ByteBuffer) throws -> Void
    ) async throws -> Salvage? {
        do {
            let object = StoredObject(walked.found, try drive.records.openOnce(walked.found.version))
            guard case .open(let key) = try await objectKey(object.key(nil), named: object.columns.dataKey) else {
                return nil
            }
            var salvage = Salvage(size: object.columns.size)
            var start: Int64 = 0
            for segment in try wholeSegments(of: object, walked) {
                try await read(segment, under: key, name: object.columns.key, lease: object.lease) { range, bytes in
                    let place = start + range.lowerBound
                    if let bytes { try write(place, bytes) } else { salvage.note(place, Int64(range.count)) }
                }
                start += segment.size
            }
            return salvage
        } catch is Corruption {
            return nil
        }
    }

    private func isWhole(_ segment: ObjectBody.Segment, isLayered: Bool) async throws -> Bool {
        do {
            return try await structuralFault(in: segment, isLayered: isLayered) == nil
        } catch StorageError.blobMissing {
            return false
        }
    }

    /// - Parameter give: is given the bytes of each package, nil for those that cannot be read.
    private func read(
        _ segment: ObjectBody.Segment, under key: ObjectKey, name: String, lease: ReadLease?,
        _ give: (Range<Int64>, ByteBuffer?) throws -> Void
    ) async throws {
        // One that is not there, was cut, or does not begin as a stream, has no package that could be told from others.
        guard try await isWhole(segment, isLayered: key.isLayered) else { return try give(0..<segment.size, nil) }
        var position: Int64 = 0
        while position < segment.size {
            let range = position..<min(segment.size, position + Int64(PackageFormat.packageSize))
            position = range.upperBound
            let body = ObjectBody(
                store: store, objectKey: key, segments: [segment.wanting(range)], name: name, lease: lease)
            do {
                try give(range, try await body.next(upTo: PackageFormat.packageSize))
            } catch is Corruption {
                try give(range, nil)
            }
        }
    }
}

extension DriveCheck.Salvage {
    fileprivate mutating func note(_ offset: Int64, _ count: Int64) {
        guard count > 0 else { return }
        if let last = holes.last, last.offset + last.count == offset {
            holes[holes.count - 1].count += count
        } else {
            holes.append(Hole(offset: offset, count: count))
        }
    }
}
