import Accounts
import Threading

/// How many answers go on for as long as their readers stay.
final class StreamCount: Sendable {
    static let most = 64
    static let mostPerSession = 4

    private let open = ShortLock<[AccountName: Int]>([:])

    /// One of them, until it is left.
    final class Place: Sendable {
        private let count: StreamCount
        private let session: AccountName

        fileprivate init(_ count: StreamCount, _ session: AccountName) {
            self.count = count
            self.session = session
        }

        func leave() {
            count.open.withLock { open in
                let rest = (open[session] ?? 0) - 1
                open[session] = rest > 0 ? rest : nil
            }
        }
    }

    /// - Throws: `Busy`.
    func enter(_ signedIn: SignedIn) throws(ConsoleError) -> Place {
        let session = signedIn.session.id
        let isAdmitted = open.withLock { open -> Bool in
            guard open.values.reduce(0, +) < Self.most, open[session] ?? 0 < Self.mostPerSession else { return false }
            open[session] = (open[session] ?? 0) + 1
            return true
        }
        guard isAdmitted else { throw .busy("streams") }
        return Place(self, session)
    }
}
