import CPKCS11
import Synchronization

/// A vendor's library, loaded once for the life of the process.
///
/// `@unchecked Sendable`: the list of functions never changes, and the library is told to lock for itself.
final class PKCS11Module: @unchecked Sendable {
    /// A token that a module shows in one of its slots.
    struct Token {
        let slot: CK_SLOT_ID
        let label: String
        let flags: CK_FLAGS
    }

    let functions: UnsafePointer<CK_FUNCTION_LIST>

    private let tokensInUse = Mutex<[PKCS11Configuration.Token: PKCS11Sessions]>([:])

    private static let loaded = Mutex<[String: PKCS11Module]>([:])

    private init(_ functions: UnsafePointer<CK_FUNCTION_LIST>) { self.functions = functions }

    /// Loads the library unless it is loaded already, and initialises it; blocks.
    static func load(_ path: String) throws(KeyStoreError) -> PKCS11Module {
        try loaded.withLock { loaded throws(KeyStoreError) in
            if let module = loaded[path] { return module }
            var reason: UnsafePointer<CChar>?
            guard let functions = coffer_pkcs11_load(path, &reason) else {
                let text = reason.map { String(cString: $0) } ?? "the loader does not say why"
                throw .unavailable("the PKCS#11 module \(path) cannot be loaded: \(text)")
            }
            let module = PKCS11Module(UnsafePointer(functions))
            do throws(PKCS11Failure) { try module.initialize() } catch {
                let cause = "the PKCS#11 module \(path) cannot be initialised: \(error)"
                // Modules of devices behind a network say so when those are away.
                throw error.reach == .token || error.isVague ? .unreachable(cause) : .unavailable(cause)
            }
            loaded[path] = module
            return module
        }
    }

    /// The sessions with a token, which live as long as the process: a store that is opened anew goes on with them, with
    /// what is known of PINs that the token has refused, and of calls that do not return.
    func sessions(of token: PKCS11Configuration.Token) -> PKCS11Sessions {
        tokensInUse.withLock { tokens in
            let sessions = tokens[token] ?? PKCS11Sessions(self, token)
            tokens[token] = sessions
            return sessions
        }
    }

    /// Does nothing where that was done.
    func initialize() throws(PKCS11Failure) {
        let code = coffer_pkcs11_initialize(functions)
        guard code == CKR_OK || code == CKR_CRYPTOKI_ALREADY_INITIALIZED else {
            throw .returned("C_Initialize", code)
        }
    }

    /// The tokens that are there now.
    func tokens() throws(PKCS11Failure) -> [Token] {
        let present: CK_BBOOL = 1
        var count: CK_ULONG = 0
        try check("C_GetSlotList", functions.pointee.C_GetSlotList(present, nil, &count))
        var slots = [CK_SLOT_ID](repeating: 0, count: Int(count))
        try check("C_GetSlotList", functions.pointee.C_GetSlotList(present, &slots, &count))
        var tokens: [Token] = []
        for slot in slots.prefix(Int(count)) {
            var info = CK_TOKEN_INFO()
            // One slot's trouble is not another's.
            guard functions.pointee.C_GetTokenInfo(slot, &info) == CKR_OK else { continue }
            let label = withUnsafeBytes(of: info.label) { String(decoding: $0, as: UTF8.self) }
            let padding = label.reversed().prefix { $0 == " " || $0 == "\0" }.count
            tokens.append(Token(slot: slot, label: String(label.dropLast(padding)), flags: info.flags))
        }
        return tokens
    }

    /// Whether a token does all of that with a mechanism.
    func offers(_ mechanism: CK_MECHANISM_TYPE, _ flags: CK_FLAGS, in slot: CK_SLOT_ID) -> Bool {
        var info = CK_MECHANISM_INFO()
        let code = functions.pointee.C_GetMechanismInfo(slot, mechanism, &info)
        return code == CKR_OK && info.flags & flags == flags
    }

    /// Throws unless a call has succeeded.
    func check(_ function: String, _ code: CK_RV) throws(PKCS11Failure) {
        guard code == CKR_OK else { throw .returned(function, code) }
    }
}
