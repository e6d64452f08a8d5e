import Locking
import Synchronization

/// Keeps the blob files of one version from being unlinked until it is released, or dropped.
package final class ReadLease: Sendable {
    private let version: VersionID
    private let leases: ReadLeases
    private let isReleased = Atomic(false)

    fileprivate init(_ version: VersionID, _ leases: ReadLeases) {
        self.version = version
        self.leases = leases
    }

    deinit { release() }

    package func release() {
        if !isReleased.exchange(true, ordering: .relaxed) { leases.release(version) }
    }
}

/// The versions whose files are being read, and the lookups that may yet become such reads.
final class ReadLeases: Sendable {
    private struct State {
        var leased: [VersionID: Int] = [:]
        /// Versions of which a file was passed over because of a lease.
        var postponed: Set<VersionID> = []
        /// Lookups under way, by the generation in which each began.
        var lookups: [UInt64: Int] = [:]
        var generation: UInt64 = 0
    }

    private let state = Monitor(State())
    /// Called when files that were passed over may be unlinked.
    private let wake: Mutex<@Sendable () -> Void> = Mutex({})

    func onRelease(_ body: @escaping @Sendable () -> Void) {
        wake.withLock { $0 = body }
    }

    /// Runs a lookup and takes the lease that it asks for, before any pass can unlink what it found.
    func lookup<R>(
        _ body: () throws(StorageError) -> (result: R, lease: VersionID?)
    ) throws(StorageError) -> (result: R, lease: ReadLease?) {
        let generation = state.withLock { state in
            state.lookups[state.generation, default: 0] += 1
            return state.generation
        }
        let outcome: (result: R, lease: VersionID?)
        do throws(StorageError) {
            outcome = try body()
        } catch {
            end(generation, leasing: nil)
            throw error
        }
        end(generation, leasing: outcome.lease)
        return (outcome.result, outcome.lease.map { ReadLease($0, self) })
    }

    private func end(_ generation: UInt64, leasing version: VersionID?) {
        state.broadcast { state in
            let left = (state.lookups[generation] ?? 1) - 1
            state.lookups[generation] = left == 0 ? nil : left
            if let version { state.leased[version, default: 0] += 1 }
        }
    }

    /// Waits until every lookup that is under way now has ended; later ones do not count.
    func waitForLookups() {
        let limit = state.withLock { state in
            state.generation += 1
            return state.generation
        }
        state.wait { state in state.lookups.keys.contains { $0 < limit } ? nil : () }
    }

    /// True while the version is being read; the next release of it then wakes the unlinking.
    func isLeased(_ version: VersionID) -> Bool {
        state.withLock { state in
            guard state.leased[version] != nil else { return false }
            state.postponed.insert(version)
            return true
        }
    }

    fileprivate func release(_ version: VersionID) {
        let isAwaited = state.withLock { state in
            let left = (state.leased[version] ?? 1) - 1
            state.leased[version] = left == 0 ? nil : left
            return left == 0 && state.postponed.remove(version) != nil
        }
        if isAwaited { wake.withLock { $0 }() }
    }
}
