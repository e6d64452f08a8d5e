import Accounts
import Cryptography
import S3Protocol
import SealedStorage
import Threading

/// The sessions at the console: on the drive as sealed records, known by the digest of what the browser has.
///
/// What ends an account ends its sessions: each request finds the account anew, and its secret must be the one of the login.
final class ConsoleSessions: Sendable {
    /// Milliseconds without a request after which a session ends.
    static let idle: Int64 = 12 * 3_600_000
    /// Milliseconds after which it ends whatever happens.
    static let longest: Int64 = 7 * 86_400_000
    /// Milliseconds that what is written down of a session's use may be behind.
    private static let precision: Int64 = 10 * 60_000

    private let accounts: Accounts
    private let records: SealedRecords
    private let lookup: AccountLookup
    let throttle = LoginThrottle()
    /// Uses that are not written down yet; of sessions that there are, so as many as those at most.
    private let seen = ShortLock<[AccountName: Int64]>([:])
    private let name = ShortLock<String?>(nil)

    init(accounts: Accounts, records: SealedRecords, lookup: @escaping AccountLookup) {
        self.accounts = accounts
        self.records = records
        self.lookup = lookup
    }

    /// The cookie's name: the deployment's, so that servers on one host have one each.
    ///
    /// - Throws: while the key service has not opened the drive.
    var cookieName: String {
        get async throws {
            if let known = name.withLock({ $0 }) { return known }
            let made = "coffer-\(try await records.deploymentID().prefix(8))"
            name.withLock { $0 = made }
            return made
        }
    }

    // MARK: Finding

    /// The session of a cookie's value; nil when there is none, or none any more.
    ///
    /// Some microseconds. It counts as a use.
    /// - Throws: what keeps accounts from being read.
    func find(_ cookie: String, at time: Int64) throws -> SignedIn? {
        guard cookie.utf8.count <= 64, let value = Base64URL.decode(cookie), value.count == 32 else { return nil }
        let id = Self.id(of: value)
        guard let session = try accounts.snapshot.consoleSession(id) else { return nil }
        let lastSeen = max(session.lastSeen, seen.withLock { $0[id] } ?? 0)
        guard time < session.end, time < lastSeen + Self.idle, let account = try account(of: session),
            constantTimeEqual(Self.code(of: account.secret, under: value), session.secretCode)
        else { return nil }
        if time > lastSeen { seen.withLock { $0[id] = time } }
        return SignedIn(
            session: session, account: account, token: Self.token(of: value),
            idleEnd: min(session.end, time + Self.idle))
    }

    /// The account that a session is of as it is now, if it goes on; for what runs on without the browser.
    func account(ofRunning session: ConsoleSession, at time: Int64) throws -> SigningAccount? {
        guard time < session.end, try accounts.snapshot.consoleSession(session.id) != nil else { return nil }
        return try account(of: session)
    }

    private func account(of session: ConsoleSession) throws -> SigningAccount? {
        try account(session.accessKey.text, token: session.sessionToken)
    }

    /// - Throws: `ServiceUnavailable` alone: any other refusal means that there is no such account.
    func account(_ accessKey: String, token: String?) throws -> SigningAccount? {
        do throws(S3Error) {
            return try lookup(accessKey, token)
        } catch {
            if error.code == .serviceUnavailable { throw error }
            return nil
        }
    }

    // MARK: Beginning and ending

    /// Begins a session; the cookie's value with it.
    ///
    /// An unknown access key, a wrong secret and an account that may not be used are refused alike, after the same work.
    /// - Throws: `ConsoleError`, and what keeps accounts from being read or changed.
    func login(
        _ credentials: Credentials, from address: String, at time: Int64
    ) async throws -> (cookie: String, signedIn: SignedIn) {
        try throttle.admit(address, credentials.accessKey, at: time)
        guard let account = try verified(credentials) else {
            throttle.note(failureOf: address, credentials.accessKey, at: time)
            throw ConsoleError.invalidLogin
        }
        throttle.forgive(address, credentials.accessKey)
        let value = SecureRandom.privateBytes(32)
        let session = ConsoleSession(
            id: Self.id(of: value), accessKey: AccountName(credentials.accessKey),
            sessionToken: credentials.sessionToken, secretCode: Self.code(of: account.secret, under: value),
            created: time, lastSeen: time, end: time + Self.longest)
        try await accounts.addConsoleSession(session)
        let signedIn = SignedIn(
            session: session, account: account, token: Self.token(of: value), idleEnd: time + Self.idle)
        return (Base64URL.encode(value), signedIn)
    }

    private func verified(_ credentials: Credentials) throws -> SigningAccount? {
        var account: SigningAccount?
        do throws(S3Error) {
            account = try lookup(credentials.accessKey, credentials.sessionToken)
        } catch {
            if error.code == .serviceUnavailable { throw error }
        }
        // Codes are of one length, whatever the secrets are.
        let key = SecureRandom.bytes(32)
        let code = Self.code(of: credentials.secret, under: key)
        let isRight = constantTimeEqual(Self.code(of: account?.secret ?? Self.nobodysSecret, under: key), code)
        return isRight ? account : nil
    }

    private static let nobodysSecret = SecretString(bytes: SecureRandom.privateBytes(40))

    func logout(_ session: ConsoleSession, everywhere: Bool) async throws {
        everywhere
            ? try await accounts.removeConsoleSessions(of: session.accessKey)
            : try await accounts.removeConsoleSessions([session.id])
        _ = seen.withLock { $0.removeValue(forKey: session.id) }
    }

    // MARK: Keeping

    /// Writes down when sessions were used, and removes those that have ended.
    func writeDown(at time: Int64) async throws {
        let sessions = try accounts.snapshot.allConsoleSessions
        let uses = seen.withLock { $0 }
        let ended = sessions.filter { time >= $0.end || time >= max($0.lastSeen, uses[$0.id] ?? 0) + Self.idle }
        if !ended.isEmpty { try await accounts.removeConsoleSessions(ended.map(\.id)) }
        let late = sessions.filter { (uses[$0.id] ?? 0) > $0.lastSeen + Self.precision }
        if !late.isEmpty {
            try await accounts.noteConsoleSessions(
                Dictionary(late.map { ($0.id, uses[$0.id] ?? 0) }, uniquingKeysWith: max))
        }
        // Of what is written down, and of sessions that are no more, nothing need be remembered.
        let snapshot = try accounts.snapshot
        seen.withLock { seen in
            seen = seen.filter { id, time in snapshot.consoleSession(id).map { $0.lastSeen < time } ?? false }
        }
    }

    // MARK: Codes

    private static func id(of value: [UInt8]) -> AccountName { AccountName(Hex.encode(Digest.hash(.sha256, value))) }

    private static func code(of secret: SecretString, under value: [UInt8]) -> [UInt8] {
        secret.withUnsafeBytes { HMACSHA256.code($0, key: value) }
    }

    private static func token(of value: [UInt8]) -> String {
        Base64URL.encode(HMACSHA256.code(Array("coffer console token".utf8), key: value))
    }
}

/// What somebody logs in with.
struct Credentials: Sendable {
    let accessKey: String
    let secret: SecretString
    /// Of a temporary access key; never empty.
    let sessionToken: String?
}
