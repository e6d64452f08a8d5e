import Glibc
import Synchronization
import Threading

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
    }

    private let state = ShortLock(State())
    /// Lookups under way, by the side on which each began: those of one side come to an end while new ones go to the
    /// other.
    private let firstSide = Atomic(0)
    private let secondSide = Atomic(0)
    private let side = Atomic(0)
    /// Called when files that were passed over may be unlinked.
    private let wake: Mutex<@Sendable () -> Void> = Mutex({})

    func onRelease(_ body: @escaping @Sendable () -> Void) {
        wake.withLock { $0 = body }
    }

    /// Runs a lookup and takes the lease that it needs, before any pass can unlink what it found.
    func lookup(
        _ body: () throws(StorageError) -> FoundVersion?
    ) throws(StorageError) -> FoundVersion? {
        let side = side.load(ordering: .sequentiallyConsistent)
        count(1, side)
        defer { count(-1, side) }
        guard let found = try body() else { return nil }
        return leased(found)
    }

    /// The same for lookups of several versions, each of which `body` hands to `lease`.
    func lookUp<R>(
        _ body: (_ lease: (FoundVersion) -> FoundVersion) throws(StorageError) -> R
    ) throws(StorageError) -> R {
        let side = side.load(ordering: .sequentiallyConsistent)
        count(1, side)
        defer { count(-1, side) }
        return try body(leased)
    }

    private func leased(_ found: FoundVersion) -> FoundVersion {
        let columns = found.version.columns
        guard columns.body.isInFiles else { return found }
        state.withLock { $0.leased[columns.version, default: 0] += 1 }
        return found.leased(ReadLease(columns.version, self))
    }

    private func count(_ change: Int, _ side: Int) {
        if side == 0 {
            firstSide.add(change, ordering: .sequentiallyConsistent)
        } else {
            secondSide.add(change, ordering: .sequentiallyConsistent)
        }
    }

    /// Waits until every lookup that is under way now has ended; later ones do not count.
    ///
    /// One that is counted only after this has looked begins to read only then, and finds no row that is gone by now.
    /// Called by one thread.
    func waitForLookups() {
        for _ in 0..<2 {
            let former = side.load(ordering: .sequentiallyConsistent)
            side.store(1 - former, ordering: .sequentiallyConsistent)
            while running(former) > 0 { usleep(20) }
        }
    }

    private func running(_ side: Int) -> Int {
        side == 0
            ? firstSide.load(ordering: .sequentiallyConsistent) : secondSide.load(ordering: .sequentiallyConsistent)
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
