import Accounts
import Cryptography
import Requests
import Threading

/// What pages have chosen to be given as one archive: a link cannot carry ten thousand keys.
final class Selections: Sendable {
    /// Milliseconds that one is kept.
    static let lifetime: Int64 = 600_000
    private static let mostPerSession = 8
    private static let most = 256
    /// Bytes of all keys and prefixes.
    private static let mostBytes = 64 << 20

    private struct Kept {
        let session: AccountName
        let bytes: Int
        let selection: ArchiveSelection
        let end: Int64
    }

    private let kept = ShortLock<[String: Kept]>([:])

    /// - Returns: what it is known by, 32 hexadecimal digits, and when it is forgotten: milliseconds since 1970.
    /// - Throws: `Busy`.
    func keep(
        _ selection: ArchiveSelection, for session: AccountName
    ) throws(ConsoleError) -> (token: String, end: Int64) {
        let time = Clock.milliseconds()
        forget(at: time)
        let token = Hex.encode(SecureRandom.bytes(16))
        let end = time + Self.lifetime
        let isKept = kept.withLock { kept -> Bool in
            let own = kept.filter { $0.value.session == session }
            // Its own oldest makes room.
            if own.count >= Self.mostPerSession, let oldest = own.min(by: { $0.value.end < $1.value.end }) {
                kept[oldest.key] = nil
            }
            let bytes = (selection.objects.keys + selection.objects.prefixes).reduce(0) { $0 + $1.utf8.count + 32 }
            guard kept.count < Self.most, kept.values.reduce(bytes, { $0 + $1.bytes }) <= Self.mostBytes else {
                return false
            }
            kept[token] = Kept(session: session, bytes: bytes, selection: selection, end: end)
            return true
        }
        guard isKept else { throw .busy("selections") }
        return (token, end)
    }

    func find(_ token: String, of session: AccountName) -> ArchiveSelection? {
        let found = kept.withLock { $0[token] }
        guard let found, found.session == session, found.end > Clock.milliseconds() else { return nil }
        return found.selection
    }

    func forget(at time: Int64) {
        kept.withLock { kept in kept = kept.filter { $0.value.end > time } }
    }
}

/// Objects that are to be one archive.
struct ArchiveSelection: Sendable {
    let objects: TaskSelection
    /// What of the keys is cut off.
    let under: String
}
