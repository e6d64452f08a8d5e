package import ObjectStorage

/// Whether records are those that were committed last.
extension DriveCheck {
    /// Compares the records of a part with what was summed; a single one that was put back passes for damaged from now on.
    package func check(_ part: HistoryPart) async throws -> [DriveFinding] {
        guard let fault = try await store.check(part) else { return [] }
        let sealer = try drive.records.sealer
        if case .record(let record) = fault.culprit {
            // One that does not open is damaged, and found as that.
            guard sealer.isAuthentic(record) else { return [] }
            store.distrust(record)
        }
        return [finding(of: fault)]
    }

    /// Compares the sums with their head.
    package func checkSums() async throws -> [DriveFinding] {
        do throws(StorageError) {
            guard let fault = try await store.checkSums() else { return [] }
            return [finding(of: fault)]
        } catch {
            guard case .rolledBack(let fault) = error else { throw error }
            return [Self.finding(of: fault)]
        }
    }

    package static func finding(of fault: HistoryFault) -> DriveFinding {
        DriveFinding(.rolledBack, .catalogue, "\(fault)")
    }

    /// How the log and a verification name it.
    package func finding(of fault: PartFault) -> DriveFinding {
        switch fault.culprit {
        case .record(.version(let columns, let row, _)):
            let isAnnotation = columns.bucket.rawValue < 0
            let bucket = isAnnotation ? columns.bucket.ofAnnotations : columns.bucket
            var finding = DriveFinding(
                .rolledBack, isAnnotation ? .annotation : .object,
                bucket: names[bucket] ?? "#\(bucket.rawValue)", key: columns.key, version: columns.version.hex,
                "it is not what was committed last: an older one was put back")
            finding.row = row
            return finding
        case .record(.bucket(let row)):
            return DriveFinding(.rolledBack, .bucket, bucket: row.name, "its settings are older ones, put back")
        case .record(.setting(let name, _)):
            return DriveFinding(.rolledBack, .setting, "setting \"\(name)\" is an older one, put back")
        case .record(.account): return DriveFinding(.rolledBack, .account, "a record is an older one, put back")
        case .gone(let row):
            let place = row.map { " (row \($0))" } ?? ""
            return DriveFinding(.rolledBack, .catalogue, "one of the \(fault.part) was removed\(place)")
        case .several:
            return DriveFinding(
                .rolledBack, .catalogue, "several of the \(fault.part) are not those that were committed last")
        case .sum:
            return DriveFinding(
                .rolledBack, .catalogue,
                "the sum of the \(fault.part) was put back or is damaged: nothing is known of them")
        }
    }
}
