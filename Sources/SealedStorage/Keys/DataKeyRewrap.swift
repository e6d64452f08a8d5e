import Cryptography
package import KeyManagement
import ObjectStorage

/// Moves every data key of the drive, the catalogue key too, under the newest version of a key of the key service.
///
/// Each is opened, wrapped again and put in the place of its old wrapping, one by one: objects are not touched, requests
/// go on meanwhile, and what an interrupted move has not reached, the next one does. A data key that cannot be opened,
/// because its key is gone, stays as it is and is told of; the others move.
package struct DataKeyRewrap: Sendable {
    package struct Progress: Sendable {
        /// Data keys that were looked at, and how many there are.
        package fileprivate(set) var examined: Int
        package fileprivate(set) var total: Int
        /// Data keys that had to move and did.
        package fileprivate(set) var moved: Int
    }

    package struct Outcome: Sendable {
        /// How many data keys moved; the catalogue key is not among them.
        package let moved: Int
        /// Other keys, or versions, that still wrap data keys: those that failed, and those that requests made meanwhile.
        package let left: [DataKeyCount]
        package let failures: RewrapFailures
    }

    private enum Step: Sendable {
        case moved
        /// It stands where it should, or is gone.
        case nothingToDo
        case failed(DataKeyID, RewrapFailureCause)
    }

    private static let rounds = 3
    private static let pageSize = 256
    private static let concurrency = 16

    private let dataKeys: DataKeys
    private let target: KeyID

    package init(_ dataKeys: DataKeys, to target: KeyID) {
        self.dataKeys = dataKeys
        self.target = target
    }

    /// Moves all data keys, which takes a call of the key service each.
    ///
    /// - Parameter report: is told the progress after every page.
    /// - Throws: what keeps the key service from wrapping anything under the target, before or in between; what the drive
    ///   throws; what `report` throws.
    package func run(report: (Progress) async throws -> Void) async throws -> Outcome {
        var progress = Progress(examined: 0, total: try await dataKeys.counts().reduce(0) { $0 + $1.count }, moved: 0)
        var failures = RewrapFailures()
        var left: [DataKeyCount] = []
        // Requests that go on meanwhile may make keys under an old one where a round has been already.
        for _ in 0..<Self.rounds {
            // Also finds a target that does not exist, or may not be used, before anything has moved.
            let newest = try await newestVersion()
            failures = RewrapFailures()
            try await moveCatalogueKey(newest, &failures)
            try await round(newest, &progress, &failures, report)
            left = try await dataKeys.counts().filter { $0.kmsKey != target.name || $0.version < newest }
            if left.reduce(0, { $0 + $1.count }) <= failures.dataKeys { break }
        }
        return Outcome(moved: progress.moved, left: left, failures: failures)
    }

    /// The version that the key service wraps with now.
    private func newestVersion() async throws(KeyServiceError) -> MasterKeyVersion {
        let wrapped = try await dataKeys.service.wrapDataKey(SecretKey(), under: target, context: KMSContext())
        return MasterKeyVersion(ofDataKey: wrapped)
    }

    private func moveCatalogueKey(_ newest: MasterKeyVersion, _ failures: inout RewrapFailures) async throws {
        do {
            _ = try await CatalogueKey.stored(in: dataKeys.store)?
                .moved(to: target, newest: newest, in: dataKeys.store, service: dataKeys.service)
        } catch let error as KeyServiceError {
            failures.add(catalogueKey: .keyService(error))
        }
    }

    private func round(
        _ newest: MasterKeyVersion, _ progress: inout Progress, _ failures: inout RewrapFailures,
        _ report: (Progress) async throws -> Void
    ) async throws {
        progress.examined = 0
        var last: DataKeyID?
        while true {
            let page = try await dataKeys.store.dataKeys(after: last, limit: Self.pageSize)
            guard let end = page.last else { return }
            let unavailable = failures.unavailable
            for step in try await move(page, newest) {
                switch step {
                case .moved: progress.moved += 1
                case .nothingToDo: break
                case .failed(let id, let cause): failures.add(id, cause)
                }
            }
            // One key of the service may be broken; but it may also be the service.
            if failures.unavailable > unavailable { _ = try await newestVersion() }
            progress.examined += page.count
            progress.total = max(progress.total, progress.examined)
            last = end.id
            try await report(progress)
        }
    }

    private func move(_ page: [DataKeyRow], _ newest: MasterKeyVersion) async throws -> [Step] {
        try await withThrowingTaskGroup(of: Step.self) { group in
            var steps: [Step] = []
            for (index, row) in page.enumerated() {
                if index >= Self.concurrency, let step = try await group.next() { steps.append(step) }
                group.addTask { try await self.move(row, newest) }
            }
            for try await step in group { steps.append(step) }
            return steps
        }
    }

    private func move(_ row: DataKeyRow, _ newest: MasterKeyVersion) async throws -> Step {
        do {
            if row.kmsKey == target.name, MasterKeyVersion(ofDataKey: row.wrapped) >= newest {
                let isFormers = try await dataKeys.service.isOfFormerService(
                    row.wrapped, under: target, context: DataKeys.context(of: row))
                if !isFormers { return .nothingToDo }
            }
            return try await dataKeys.move(row, to: target) ? .moved : .nothingToDo
        } catch let error as KeyServiceError {
            return .failed(row.id, .keyService(error))
        } catch is Corruption {
            return .failed(row.id, .damaged)
        }
    }
}
