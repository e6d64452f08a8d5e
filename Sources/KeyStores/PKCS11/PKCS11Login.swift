import CPKCS11
import Cryptography
import Synchronization

/// Logs the user in to a token, without using up its tries.
///
/// Tokens lock themselves, or destroy their keys, after a few wrong PINs. So a PIN that was refused is not tried again until
/// it changes, and none is tried when the token says that one try is left.
final class PKCS11Login: Sendable {
    /// The PIN that a token has refused, for as long as the process lives: a store that is opened anew does not try it again.
    ///
    /// Held while somebody logs in, so that a wrong PIN is tried once and not by every call.
    final class Refusal: Sendable {
        fileprivate let pin = Mutex<SecretBytes?>(nil)
    }

    private let pin: SecretSource
    private let refusal: Refusal

    init(_ pin: SecretSource, _ refusal: Refusal) {
        self.pin = pin
        self.refusal = refusal
    }

    /// Does nothing where the process is logged in: a login holds for all its sessions with the token.
    func perform(_ session: PKCS11Sessions.Session, _ token: PKCS11Token) throws(PKCS11Failure) {
        try refusal.pin.withLock { refused throws(PKCS11Failure) in
            guard try !isLoggedIn(session) else { return }
            let secret: SecretBytes
            do throws(KeyStoreError) { secret = try pin.read() } catch { throw .verdict(error) }
            if refused?.isEqual(to: secret) == true {
                throw .verdict(
                    .notAuthorized("\(token.name) has refused the PIN; it is not tried again until the PIN changes"))
            }
            let flags = try token.flags(of: session)
            if let reason = Self.obstacle(flags) { throw .verdict(.notAuthorized("\(token.name): \(reason)")) }
            let code = secret.withUnsafeBytes { bytes in
                // The standard takes the PIN by a pointer that is not const, and only reads it.
                let start = UnsafeMutablePointer(mutating: bytes.bindMemory(to: CK_BYTE.self).baseAddress)
                return session.functions.C_Login(session.handle, CKU_USER, start, CK_ULONG(bytes.count))
            }
            switch code {
            case CKR_OK, CKR_USER_ALREADY_LOGGED_IN: refused = nil
            case CKR_PIN_INCORRECT, CKR_PIN_LEN_RANGE, CKR_PIN_EXPIRED:
                refused = secret
                throw .verdict(
                    .notAuthorized(
                        "\(token.name) refuses the PIN (\(PKCS11Failure.returned("C_Login", code))); "
                            + Self.remainder(try token.flags(of: session))))
            case CKR_PIN_LOCKED: throw .verdict(.notAuthorized("\(token.name): \(Self.locked)"))
            case CKR_USER_PIN_NOT_INITIALIZED:
                throw .verdict(.notAuthorized("\(token.name) has no user PIN yet; its security officer has to set one"))
            default: throw .returned("C_Login", code)
            }
        }
    }

    private func isLoggedIn(_ session: PKCS11Sessions.Session) throws(PKCS11Failure) -> Bool {
        var info = CK_SESSION_INFO()
        try session.module.check("C_GetSessionInfo", session.functions.C_GetSessionInfo(session.handle, &info))
        return info.state == CKS_RO_USER_FUNCTIONS || info.state == CKS_RW_USER_FUNCTIONS
    }

    private static let locked = "its user PIN is locked; its security officer has to set a new one"

    /// Why nothing is tried.
    private static func obstacle(_ flags: CK_FLAGS) -> String? {
        if flags & CKF_USER_PIN_LOCKED != 0 { return locked }
        guard flags & CKF_USER_PIN_FINAL_TRY != 0 else { return nil }
        return "one more wrong PIN would lock it, so none is tried; log in once with the vendor's tool, which sets the "
            + "count back"
    }

    /// What the token says of the tries that are left.
    private static func remainder(_ flags: CK_FLAGS) -> String {
        if flags & CKF_USER_PIN_LOCKED != 0 { return locked }
        if flags & CKF_USER_PIN_FINAL_TRY != 0 { return "one try is left, which is not used" }
        return "the token does not say how many tries are left; it is not tried again until the PIN changes"
    }
}
