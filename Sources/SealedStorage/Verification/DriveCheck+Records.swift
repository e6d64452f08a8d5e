import Cryptography
import ObjectStorage

/// What is sealed and has no bytes: buckets, settings, accounts, events, receipts.
extension DriveCheck {
    private static let rowsAtOnce = 512

    /// - Returns: what is wrong, and how many records were opened.
    package func checkRecords() async throws -> (findings: [DriveFinding], count: Int) {
        var (findings, count) = ([DriveFinding](), 0)
        // A drive whose records are locked is no damaged one.
        _ = try drive.records.sealer
        let store = store
        let buckets = try await store.offload { try store.buckets() }
        for row in buckets {
            count += 1
            note(in: &findings) {
                _ = try drive.records.open(row)
            } finding: {
                DriveFinding(.damaged, .bucket, bucket: row.name, "its \($0.what)")
            }
        }
        for setting in try await store.settings() where !CatalogueKey.settings.contains(setting.name) {
            count += 1
            // One that was put back is found as that.
            guard !store.isDistrusted(setting.value) else { continue }
            note(in: &findings) {
                try drive.records.checkSetting(setting.name, setting.value)
            } finding: {
                DriveFinding(.damaged, .setting, $0.what)
            }
        }
        let records = drive.records
        let accounts = try await store.offload { try AccountRecords(records).all().map { ($0.id, $0.record != nil) } }
        count += accounts.count
        for (id, isWhole) in accounts where !isWhole {
            findings.append(
                DriveFinding(.damaged, .account, "record \(Hex.encode(id)) of a user, group, policy or access key"))
        }
        count += try await checkEvents(&findings)
        count += try await checkCompletions(&findings)
        return (findings, count)
    }

    private func note(
        in findings: inout [DriveFinding], _ work: () throws -> Void, finding: (Corruption) -> DriveFinding
    ) {
        do {
            try work()
        } catch let corruption as Corruption {
            findings.append(finding(corruption))
        } catch {
            // Of an unlocked catalogue nothing else keeps a record from being opened.
            findings.append(finding(Corruption(what: "\(error)")))
        }
    }

    private func checkEvents(_ findings: inout [DriveFinding]) async throws -> Int {
        var (last, count) = (Int64.min, 0)
        while true {
            let page = try await store.walkEvents(after: last, limit: Self.rowsAtOnce)
            guard let end = page.last else { return count }
            for event in page {
                let isWhole = try event.id.map {
                    try drive.records.open(event: event.sealed, id: $0, for: event.target) != nil
                }
                if isWhole != true {
                    findings.append(DriveFinding(.damaged, .event, "event \(event.number) for \(event.target)"))
                }
            }
            count += page.count
            last = end.number
        }
    }

    private func checkCompletions(_ findings: inout [DriveFinding]) async throws -> Int {
        var (last, count) = (Int64.min, 0)
        while true {
            let page = try await store.walkCompletions(after: last, limit: Self.rowsAtOnce)
            guard let end = page.last else { return count }
            for (row, completed) in page {
                let isWhole = completed.map { (try? drive.records.openReceipt(of: $0)) != nil } ?? false
                if !isWhole {
                    findings.append(DriveFinding(.damaged, .completion, "receipt \(row) of a completed upload"))
                }
            }
            count += page.count
            last = end.row
        }
    }
}
