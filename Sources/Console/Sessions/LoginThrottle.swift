import HTTPServer
import Threading

/// Makes who guesses wait: by the address, and by the access key at that address, so that nobody is locked out from
/// elsewhere.
///
/// Five wrong logins are free; then each costs twice the wait of the one before, up to a minute. A quarter of an hour
/// without another forgets them.
final class LoginThrottle: Sendable {
    private static let free = 5
    private static let longestWait: Int64 = 60_000
    private static let memory: Int64 = 15 * 60_000
    /// What is remembered at most: of several attempts at once by very many, the oldest are forgotten.
    private static let most = 20_000

    private struct Subject: Hashable {
        let network: PeerNetwork?
        /// `nil` for all of a network's attempts.
        let accessKey: [UInt8]?
    }

    private struct Attempts {
        var failures = 0
        /// Milliseconds since 1970.
        var last: Int64 = 0
        var next: Int64 = 0
    }

    private let attempts = ShortLock<[Subject: Attempts]>([:])

    /// - Throws: `TooManyLogins` while the wait is not over.
    func admit(_ address: String, _ accessKey: String, at time: Int64) throws(ConsoleError) {
        let next = attempts.withLock { attempts in
            Self.subjects(address, accessKey).compactMap { attempts[$0]?.next }.max() ?? 0
        }
        // A clock that was set back must not make anybody wait for longer than the wait.
        guard next > time, next - time <= Self.longestWait else { return }
        throw ConsoleError.tooManyLogins(seconds: (next - time + 999) / 1000)
    }

    func note(failureOf address: String, _ accessKey: String, at time: Int64) {
        attempts.withLock { attempts in
            if attempts.count >= Self.most { Self.forget(&attempts, at: time) }
            for subject in Self.subjects(address, accessKey) {
                var known = attempts[subject] ?? Attempts()
                if known.last + Self.memory < time { known = Attempts() }
                known.failures += 1
                known.last = time
                let surplus = known.failures - Self.free
                known.next = surplus < 0 ? 0 : time + min(Self.longestWait, 1000 << min(surplus, 6))
                attempts[subject] = known
            }
        }
    }

    /// A right login: what the access key has cost here is forgotten, what the address has tried of others is not.
    func forgive(_ address: String, _ accessKey: String) {
        attempts.withLock { attempts in
            for subject in Self.subjects(address, accessKey) where subject.accessKey != nil { attempts[subject] = nil }
        }
    }

    private static func subjects(_ address: String, _ accessKey: String) -> [Subject] {
        let network = PeerNetwork(address)
        return [
            Subject(network: network, accessKey: nil),
            Subject(network: network, accessKey: Array(accessKey.utf8.prefix(128))),
        ]
    }

    private static func forget(_ attempts: inout [Subject: Attempts], at time: Int64) {
        attempts = attempts.filter { $0.value.last + memory >= time }
        guard attempts.count >= most else { return }
        // The newer half stays.
        let times = attempts.values.map(\.last).sorted()
        let middle = times[times.count / 2]
        attempts = attempts.filter { $0.value.last > middle }
    }
}
