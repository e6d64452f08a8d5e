import Encryption
package import ObjectStorage

/// How a drive's history is looked at when its keys are opened.
package struct HistoryOptions: Sendable {
    /// What becomes of a drive that was put back to an older state.
    package enum Decision: Sendable {
        /// It stays locked.
        case refuse
        /// It is opened to be looked at; what would change a covered record is refused.
        case tell
        /// What is there is taken for the truth, whatever it is.
        case accept
    }

    /// Where it is anchored.
    package var anchor: RollbackAnchor?
    package var decision: Decision

    package init(anchor: RollbackAnchor? = nil, _ decision: Decision = .refuse) {
        self.anchor = anchor
        self.decision = decision
    }
}

/// What was found when a drive's history was opened.
package struct HistoryOutcome: Sendable {
    /// Which parts are not what was committed last.
    package var faults: [PartFault] = []
    /// Why nothing can be said of the drive as a whole; with ``HistoryOptions/Decision/tell`` alone.
    package var rollback: HistoryFault?
}

extension SealedRecords {
    /// Opens the history of the drive: blocks until the committer has come to it.
    ///
    /// Records that were put back, and are the only ones of their table, pass for damaged from now on.
    /// - Throws: `StorageError.rolledBack`.
    func openHistory(_ sealer: RecordSealer, _ options: HistoryOptions) throws -> HistoryOutcome {
        let isRequired = try CatalogueKey.hasHistory(store)
        let faults: [PartFault]
        do throws(StorageError) {
            faults = try store.openHistory(
                HistoryKey(sealer), isRequired: isRequired, anchor: options.anchor,
                accepts: options.decision == .accept)
            try distrust(faults, sealer)
        } catch {
            guard options.decision == .tell, case .rolledBack(let fault) = error else { throw error }
            return HistoryOutcome(rollback: fault)
        }
        return HistoryOutcome(faults: faults)
    }

    private func distrust(_ faults: [PartFault], _ sealer: RecordSealer) throws(StorageError) {
        for fault in faults {
            switch fault.culprit {
            case .record(let record):
                guard sealer.isAuthentic(record) else { continue }
                // A bucket's versioning decides what is removed, and is in effect whatever its record says.
                if case .bucket = record { throw .rolledBack(.recordsDiffer(.buckets)) }
                store.distrust(record)
            case .sum: guard fault.part.rows != nil else { throw .rolledBack(.sumsDiffer) }
            // What is damaged explains the difference, and is the trouble of itself.
            case .gone, .several:
                guard try !isWhole(fault.part, sealer) else { throw .rolledBack(.recordsDiffer(fault.part)) }
            }
        }
    }

    /// Whether every record of a table opens.
    private func isWhole(_ part: HistoryPart, _ sealer: RecordSealer) throws(StorageError) -> Bool {
        switch part {
        case .buckets: try store.buckets().allSatisfy { sealer.isAuthentic(.bucket($0)) }
        case .settings: try store.settingsAtHand().allSatisfy { sealer.isAuthentic(.setting(name: $0, value: $1)) }
        case .accounts: try store.accounts().allSatisfy { sealer.isAuthentic(.account($0)) }
        case .versions: true
        }
    }
}
