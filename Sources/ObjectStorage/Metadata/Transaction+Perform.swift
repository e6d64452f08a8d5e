extension Transaction {
    /// Makes a change; what it answers was decided before anything was written.
    func perform(_ mutation: Mutation) throws(StorageError) -> MutationResult {
        switch mutation {
        case .put(let version, let expectation): .put(try put(version, expectation))
        case .replaceRecord(let bucket, let key, let version, let sealed, let replacing, let events):
            .swap(try replaceRecord(bucket, key, version, sealed, replacing, events))
        case .rekey(let version, let annotations, let dataKey):
            .swap(try rekey(version, annotations, under: dataKey))
        case .move(let version, let expectation, let source): .move(try move(version, expectation, from: source))
        case .delete(let bucket, let deletions): .deletions(try delete(bucket, deletions))
        case .putAnnotation(let new, let owner, let mayReplace):
            .annotation(try putAnnotation(new, of: owner, mayReplace: mayReplace))
        case .deleteAnnotation(let key, let owner): .annotation(try deleteAnnotation(key, of: owner))
        case .createUpload(let upload, let dataKey): try createUpload(upload, dataKey)
        case .putPart(let part, let upload): try putPart(part, of: upload)
        case .completeUpload(let completion, let expectation): .put(try complete(completion, expectation))
        case .abortUpload(let upload): .found(try abortUpload(upload))
        case .createBucket(let row): try createBucket(row)
        case .updateBucket(let row, let replacing): .bucket(try updateBucket(row, replacing))
        case .deleteBucket(let bucket, let isDamaged): try deleteBucket(bucket, isDamaged: isDamaged)
        case .setSetting(let name, let value, let replacing): .swap(try setSetting(name, value, replacing))
        case .changeAccounts(let changes): try change(changes)
        case .insertDataKey(let row): try insertNewDataKey(row)
        case .replaceDataKey(let row, let replacing): .found(try replaceDataKey(row, replacing))
        case .retireDataKeys(let keys, let now): try retireDataKeys(keys, now)
        case .queueEvents(let events): try queueAlone(events)
        case .openHistory(let opening): .history(try openHistory(opening))
        case .markHistory(let confirmed): .mark(markHistory(confirming: confirmed))
        case .maintain(let maintenance): .found(try maintain(maintenance))
        }
    }

    private func queueAlone(_ events: [NewEvent]) throws(StorageError) -> MutationResult {
        try queue(events)
        return .done
    }

    /// True when another step would find more to do.
    private func maintain(_ maintenance: Maintenance) throws(StorageError) -> Bool {
        switch maintenance {
        case .reserveBlobs: return false
        case .forgetGarbage(let rows):
            for row in rows { try run("DELETE FROM garbage WHERE id = ?", .integer(row)) }
            return false
        case .sweep(let remains, let row, let limit): return try sweep(remains, row: row, limit)
        case .moveFileList(let version, let limit): return try moveFileList(of: version, limit)
        case .sweepParts(let upload, let limit): return try sweepParts(ofUpload: upload, limit)
        case .forgetDeadUploads(let rows):
            for row in rows { try run("DELETE FROM dead_uploads WHERE id = ?", .integer(row)) }
            return false
        case .removeDataKeys(let keys):
            try removeDataKeys(keys)
            return false
        case .mendDataKeyCounts(let counts):
            try mendDataKeyCounts(counts)
            return false
        case .sweepCompletions(let time, let limit): return try sweepCompletions(before: time, limit)
        case .forgetEvents(let numbers):
            try forgetEvents(numbers)
            return false
        case .countVersions(let limit): return try countVersions(limit)
        case .sumVersions(let limit): return try sumVersions(limit)
        }
    }
}
