import Logging
import Synchronization

/// Whether what was written can still be relied on: after one failed sync nothing more is written.
///
/// The system reports an error once; a further sync of the same file, through a new descriptor too, succeeds and saves
/// nothing. A restart reads what is there and writes it anew.
final class Durability: Sendable {
    private let isPoisoned = Atomic(false)
    private let options: StoreOptions

    init(_ options: StoreOptions) {
        self.options = options
    }

    /// True from the first failure on.
    var isLost: Bool { isPoisoned.load(ordering: .acquiring) }

    static let error = StorageError.database(
        "an earlier commit failed and may or may not be on disk; restart to find out")

    func lose(_ error: StorageError) {
        guard !isPoisoned.exchange(true, ordering: .acquiringAndReleasing) else { return }
        options.logger.critical("a write failed and may or may not be on disk, no more is written: \(error)")
        options.onLoss?()
    }

    /// Takes note of an error: a failed sync ends all writing.
    func note(_ error: StorageError) {
        if case .syncFailed = error { lose(error) }
    }

    /// Makes the names of all directories of blobs durable.
    func syncRoot(of layout: BlobLayout) throws(StorageError) {
        do throws(StorageError) {
            if let number = options.syncFault?(layout.root) { throw .syncFailed(operation: "fsync", errno: number) }
            try syncDirectory(layout.root)
        } catch {
            note(error)
            throw error
        }
    }

    func sync(_ directory: BlobDirectory, in layout: BlobLayout) throws(StorageError) {
        do throws(StorageError) {
            if let number = options.syncFault?(layout.path(of: directory)) {
                throw .syncFailed(operation: "fsync", errno: number)
            }
            try layout.sync(directory)
        } catch {
            note(error)
            throw error
        }
    }
}
