import CPKCS11
import Cryptography
import Synchronization

/// Sessions with one token, in which its user is logged in; every call blocks.
///
/// As many are open as calls were made at once. When the token was reset or lost, all are given up, and the call that met
/// that is made once more with a new one, after a new login.
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
        var generation = 0
    }

    let module: PKCS11Module
    private let token: PKCS11Token
    private let login: PKCS11Login
    private let state = Mutex(State())

    init(_ module: PKCS11Module, _ configuration: PKCS11Configuration) {
        self.module = module
        token = PKCS11Token(configuration.token)
        login = PKCS11Login(configuration.pin, module.refusal(of: configuration.token))
    }

    /// How the log calls the token.
    var name: String { token.name }

    /// What `work` does in a session of its own; `work` may be done twice.
    func run<R>(_ work: (Session) throws(PKCS11Failure) -> R) throws(KeyStoreError) -> R {
        do throws(PKCS11Failure) {
            return try attempt(work)
        } catch {
            guard error.reach != .call else { throw error.error(of: name) }
        }
        do throws(PKCS11Failure) {
            try module.initialize()
            return try attempt(work)
        } catch {
            throw error.error(of: name)
        }
    }

    private func attempt<R>(_ work: (Session) throws(PKCS11Failure) -> R) throws(PKCS11Failure) -> R {
        let session = try take()
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
            case .returned: close(session)
            }
            throw error
        }
    }

    private func take() throws(PKCS11Failure) -> Session {
        let (idle, generation) = state.withLock { ($0.idle.popLast(), $0.generation) }
        if let idle { return idle }
        let found = try token.find(in: module)
        var handle: CK_SESSION_HANDLE = 0
        try module.check(
            "C_OpenSession", module.functions.pointee.C_OpenSession(found.slot, CKF_SERIAL_SESSION, nil, nil, &handle))
        let session = Session(module: module, slot: found.slot, handle: handle, generation: generation)
        do throws(PKCS11Failure) {
            try login.perform(session, token)
        } catch {
            close(session)
            throw error
        }
        return session
    }

    private func give(back session: Session) {
        let isKept = state.withLock { state in
            guard state.generation == session.generation else { return false }
            state.idle.append(session)
            return true
        }
        if !isKept { close(session) }
    }

    /// Ends the sessions of a time that a failure has ended; those that others have they give up themselves.
    private func giveUpAll(since session: Session) {
        let lost = state.withLock { state in
            guard state.generation == session.generation else { return [Session]() }
            state.generation += 1
            defer { state.idle = [] }
            return state.idle
        }
        for session in lost + [session] { close(session) }
    }

    private func close(_ session: Session) { _ = session.functions.C_CloseSession(session.handle) }

    deinit {
        for session in state.withLock({ $0.idle }) { close(session) }
    }
}
