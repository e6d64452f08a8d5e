import CPKCS11
import Cryptography
import Synchronization
import Threading

/// Sessions with one token, in which its user is logged in, shared by all who use the token.
///
/// As many are open as calls were made at once, or as the token allows: then calls wait for each other. When the token was
/// reset or lost, all are given up, and the call that met that is made once more with a new one, after a new login.
///
/// The module is called on threads of their own, as many as there are sessions at most. When it hangs, a call that is not
/// worth a thread fails at once: see ``StuckCalls``.
final class PKCS11Sessions: Sendable {
    /// A session that one call has for itself.
    struct Session {
        let module: PKCS11Module
        let slot: CK_SLOT_ID
        let handle: CK_SESSION_HANDLE
        /// Which of the times between two losses of the token it belongs to; handles mean nothing in another.
        let generation: Int

        var functions: CK_FUNCTION_LIST { module.functions.pointee }
    }

    private struct State {
        var idle: [Session] = []
        /// Sessions of this generation, idle or in use, and those that are being opened.
        var count = 0
        /// The token allowed no more, and when it is asked again.
        var limit: (count: Int, until: ContinuousClock.Instant)?
        var generation = 0

        func mayOpen(at now: ContinuousClock.Instant) -> Bool {
            guard let limit, now < limit.until else { return count < maximum }
            return count < limit.count
        }
    }

    private static let maximum = 8
    /// How long a call waits for another's session.
    private static let longestWait = 4000
    /// How long a token is believed that allows no more sessions: other programs may have had them.
    private static let limitLife = Duration.seconds(60)

    let module: PKCS11Module
    private let token: PKCS11Token
    private let refusal = PKCS11Login.Refusal()
    private let state = Monitor(State())
    private let calls = BlockingCalls(label: "coffer.key-store.pkcs11", threads: maximum, maximumWaiting: 1024)
    private let stuck = Mutex(StuckCalls(patience: .seconds(5), limit: maximum))

    /// - Parameter token: What the configuration says of it.
    init(_ module: PKCS11Module, _ token: PKCS11Configuration.Token) {
        self.module = module
        self.token = PKCS11Token(token)
    }

    /// How the log calls the token.
    var name: String { token.name }

    // MARK: Calls

    /// What `work` does in a session of its own; `work` may be done twice.
    ///
    /// - Parameter pin: Asked for when there has to be a login.
    func run<R: Sendable>(
        _ pin: SecretSource, _ work: @escaping @Sendable (Session) throws(PKCS11Failure) -> R
    ) async throws(KeyStoreError) -> R {
        guard stuck.withLock({ $0.admits(at: .now) }) else { throw hanging }
        return try await calls.run { [self] (_) throws(KeyStoreError) in
            guard let call = stuck.withLock({ $0.begin(at: .now) }) else { throw hanging }
            defer { stuck.withLock { $0.end(call) } }
            return try perform(PKCS11Login(pin, refusal), work)
        }
    }

    private var hanging: KeyStoreError {
        let (count, longest) = stuck.withLock { $0.stuck(at: .now) }
        return .unreachable(
            "the PKCS#11 module hangs: \(count) of its calls for \(name) have not returned, the longest for "
                + "\(longest.components.seconds) s; when the device is well and this stays so, restart the server")
    }

    private func perform<R>(
        _ login: PKCS11Login, _ work: (Session) throws(PKCS11Failure) -> R
    ) throws(KeyStoreError) -> R {
        do throws(PKCS11Failure) {
            return try attempt(login, work)
        } catch {
            guard error.reach != .call else { throw error.error(of: name) }
        }
        do throws(PKCS11Failure) {
            try module.initialize()
            return try attempt(login, work)
        } catch {
            throw error.error(of: name)
        }
    }

    private func attempt<R>(
        _ login: PKCS11Login, _ work: (Session) throws(PKCS11Failure) -> R
    ) throws(PKCS11Failure) -> R {
        let session = try take(login)
        do throws(PKCS11Failure) {
            let outcome = try work(session)
            give(back: session)
            return outcome
        } catch {
            switch error {
            case .verdict: give(back: session)
            case .returned where error.reach != .call: giveUpAll(since: session)
            case .returned where error.blamesInput: give(back: session)
            // Who knows what it left behind: an operation that is still under way would fail every call after it.
            case .returned: end(session)
            }
            throw error
        }
    }

    // MARK: Sessions

    private enum Turn {
        case idle(Session)
        case opening(generation: Int)
    }

    private func take(_ login: PKCS11Login) throws(PKCS11Failure) -> Session {
        while true {
            let turn = state.wait(milliseconds: Self.longestWait) { state -> Turn? in
                if let session = state.idle.popLast() { return .idle(session) }
                guard state.mayOpen(at: .now) else { return nil }
                state.count += 1
                return .opening(generation: state.generation)
            }
            switch turn {
            case nil:
                throw .verdict(.unreachable("\(name): all sessions that it allows are in use, and none has come free"))
            case .idle(let session): return session
            case .opening(let generation):
                if let session = try open(generation, login) { return session }
            }
        }
    }

    /// A new session, logged in; `nil` when the token allows no more, and one of those there are has to be waited for.
    private func open(_ generation: Int, _ login: PKCS11Login) throws(PKCS11Failure) -> Session? {
        var session: Session?
        do throws(PKCS11Failure) {
            let found = try token.find(in: module)
            var handle: CK_SESSION_HANDLE = 0
            try module.check(
                "C_OpenSession",
                module.functions.pointee.C_OpenSession(found.slot, CKF_SERIAL_SESSION, nil, nil, &handle))
            let opened = Session(module: module, slot: found.slot, handle: handle, generation: generation)
            session = opened
            try login.perform(opened, token)
            return opened
        } catch {
            if let session { close(session) }
            let others = state.broadcast { state -> Int in
                guard state.generation == generation else { return 0 }
                state.count -= 1
                if error.code == CKR_SESSION_COUNT, state.count > 0 {
                    state.limit = (state.count, .now + Self.limitLife)
                }
                return state.count
            }
            guard error.code == CKR_SESSION_COUNT, others > 0 else { throw error }
            return nil
        }
    }

    private func give(back session: Session) {
        let isKept = state.signal { state in
            guard state.generation == session.generation else { return false }
            state.idle.append(session)
            return true
        }
        if !isKept { close(session) }
    }

    private func end(_ session: Session) {
        close(session)
        state.signal { state in
            if state.generation == session.generation { state.count -= 1 }
        }
    }

    /// Ends the sessions of a time that a failure has ended; those that others have they give up themselves.
    private func giveUpAll(since session: Session) {
        let lost = state.broadcast { state in
            guard state.generation == session.generation else { return [Session]() }
            state.generation += 1
            defer { (state.idle, state.count, state.limit) = ([], 0, nil) }
            return state.idle
        }
        for session in lost + [session] { close(session) }
    }

    private func close(_ session: Session) { _ = session.functions.C_CloseSession(session.handle) }
}
