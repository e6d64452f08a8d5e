import Cryptography
import Glibc
import ObjectStorage
import SealedStorage
import Threading

/// The backups that clients are taking: each has a copy of the catalogue, and keeps the files that it refers to.
///
/// One at a time, for as long as its client keeps the answer open that began it.
package final class BackupSessions: Sendable {
    final class Session: Sendable {
        let id: String
        /// The path of the catalogue's copy.
        let catalogue: String
        private let hold: FileHold
        private let hasEnded = ShortLock(false)

        fileprivate init(catalogue: String, _ hold: FileHold) {
            id = Hex.encode(SecureRandom.bytes(16))
            self.catalogue = catalogue
            self.hold = hold
        }

        /// Once: another one may have a copy of the same name by then.
        fileprivate func end() {
            let isFirst = hasEnded.withLock { hasEnded in
                defer { hasEnded = true }
                return !hasEnded
            }
            guard isFirst else { return }
            unlink(catalogue)
            hold.release()
        }
    }

    private enum State {
        case free
        case beginning
        case open(Session)
    }

    private let state = ShortLock(State.free)
    private let closed = ShortLock(false)

    package init() {}

    /// `nil` while another one is under way.
    func begin(_ drive: SealedDrive) async throws -> Session? {
        let isFree = state.withLock { state in
            guard case .free = state else { return false }
            state = .beginning
            return true
        }
        guard isFree else { return nil }
        // Before the catalogue is copied: what it refers to must stay from that moment on.
        let hold = drive.holdFiles()
        do {
            let session = Session(catalogue: try await drive.copyCatalogue(), hold)
            state.withLock { $0 = .open(session) }
            return session
        } catch {
            state.withLock { $0 = .free }
            throw error
        }
    }

    /// One that has ended counts as ended.
    func end(_ session: Session) {
        // What is unlinked here must be gone before the next one begins.
        session.end()
        state.withLock { state in
            if case .open(let present) = state, present === session { state = .free }
        }
    }

    /// Whether all are to end.
    var isClosed: Bool { closed.withLock { $0 } }

    /// Has those that are under way end soon, and those that begin from now on at once.
    package func close() { closed.withLock { $0 = true } }

    subscript(id: String) -> Session? {
        state.withLock { state in
            if case .open(let session) = state, session.id == id { session } else { nil }
        }
    }
}
