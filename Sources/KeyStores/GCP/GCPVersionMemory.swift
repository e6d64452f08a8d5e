import KESProtocol
import Synchronization

/// The newest versions that were seen lately, by the names of keys.
///
/// Secret Manager shows a version at once to who asks for it by number, but may show `latest` late. A key that is read again
/// soon is one that lacks something, such as the version of a rotation on another server: it is then read by number.
final class GCPVersionMemory: Sendable {
    private struct Seen {
        let number: Int
        let time: ContinuousClock.Instant
    }

    static let age = Duration.seconds(60)
    private static let capacity = 10_000

    private let seen = Mutex<[KeyName: Seen]>([:])

    /// The number, if it was seen less than ``age`` ago.
    func recent(_ name: KeyName, now: ContinuousClock.Instant = .now) -> Int? {
        seen.withLock { seen in seen[name].flatMap { now - $0.time < Self.age ? $0.number : nil } }
    }

    func note(_ name: KeyName, _ number: Int, now: ContinuousClock.Instant = .now) {
        seen.withLock { seen in
            if seen.count >= Self.capacity { seen = seen.filter { now - $0.value.time < Self.age } }
            if seen.count >= Self.capacity { seen.removeAll() }
            seen[name] = Seen(number: number, time: now)
        }
    }

    func forget(_ name: KeyName) { _ = seen.withLock { $0.removeValue(forKey: name) } }
}
