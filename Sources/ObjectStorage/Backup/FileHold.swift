import Synchronization

/// Keeps every file of the drive from being unlinked until it is released, or dropped: for who copies what a catalogue of
/// one moment refers to.
///
/// Rows come and go meanwhile, and the room of what was deleted comes back later.
package final class FileHold: Sendable {
    private let holds: FileHolds
    private let isReleased = Atomic(false)

    fileprivate init(_ holds: FileHolds) { self.holds = holds }

    deinit { release() }

    package func release() {
        if !isReleased.exchange(true, ordering: .relaxed) { holds.release() }
    }
}

/// Who holds the files of the drive.
final class FileHolds: Sendable {
    private let count = Atomic(0)
    /// Called when files may be unlinked again.
    private let wake: Mutex<@Sendable () -> Void> = Mutex({})

    func onRelease(_ body: @escaping @Sendable () -> Void) { wake.withLock { $0 = body } }

    /// To be asked after a row was read by which a file is to go: a row that was committed before the hold began is in no
    /// catalogue that is copied under it.
    var isHeld: Bool { count.load(ordering: .sequentiallyConsistent) > 0 }

    func hold() -> FileHold {
        count.add(1, ordering: .sequentiallyConsistent)
        return FileHold(self)
    }

    fileprivate func release() {
        if count.subtract(1, ordering: .sequentiallyConsistent).newValue == 0 { wake.withLock { $0 }() }
    }
}
