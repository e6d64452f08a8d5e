extension Accounts {
    /// Makes a session durable; the oldest of the same access key end for it where there are too many.
    ///
    /// - Throws: `limitReached`, `locked`.
    package func addConsoleSession(_ session: ConsoleSession) async throws {
        try await change { snapshot throws(AccountError) in
            let own = snapshot.consoleSessions(of: session.accessKey)
            let surplus = own.dropLast(AccountLimits.consoleSessionsPerAccessKey - 1)
            guard snapshot.consoleSessions.count - surplus.count < AccountLimits.consoleSessions else {
                throw .limitReached("sessions")
            }
            return (
                surplus.map { .remove(.consoleSession, $0.id) } + [.put(.consoleSession(session))], ()
            )
        }
    }

    /// Writes down when sessions were used last; what has ended meanwhile stays ended.
    package func noteConsoleSessions(_ seen: [AccountName: Int64]) async throws {
        try await change { snapshot throws(AccountError) in
            let sessions = seen.compactMap { id, time -> AccountMutation? in
                guard var session = snapshot.consoleSessions[id], session.lastSeen < time else { return nil }
                session.lastSeen = time
                return .put(.consoleSession(session))
            }
            return (sessions, ())
        }
    }

    package func removeConsoleSessions(_ ids: [AccountName]) async throws {
        try await change { snapshot throws(AccountError) in
            (ids.filter { snapshot.consoleSessions[$0] != nil }.map { .remove(.consoleSession, $0) }, ())
        }
    }

    /// Ends every session of an access key.
    package func removeConsoleSessions(of accessKey: AccountName) async throws {
        try await change { snapshot throws(AccountError) in
            (snapshot.consoleSessions(of: accessKey).map { .remove(.consoleSession, $0.id) }, ())
        }
    }
}
