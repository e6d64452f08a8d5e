import CPKCS11

/// Why something could not be done with a token.
enum PKCS11Failure: Error {
    /// A function of the module answered with something other than CKR_OK.
    case returned(String, CK_RV)
    /// What was found out, and no further try mends.
    case verdict(KeyStoreError)

    /// How far the failure reaches.
    enum Reach {
        /// This call: another on the same session may do better.
        case call
        /// Sessions and handles, which end when a token is reset or its connection is lost; new ones may work.
        case sessions
        /// The token itself is gone, or cannot be talked to.
        case token
    }

    var code: CK_RV {
        switch self {
        case .returned(_, let code): code
        case .verdict: CKR_OK
        }
    }

    var reach: Reach {
        switch code {
        case CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED, CKR_USER_NOT_LOGGED_IN, CKR_KEY_HANDLE_INVALID,
            CKR_OBJECT_HANDLE_INVALID, CKR_CRYPTOKI_NOT_INITIALIZED:
            .sessions
        case CKR_DEVICE_REMOVED, CKR_DEVICE_ERROR, CKR_TOKEN_NOT_PRESENT, CKR_TOKEN_NOT_RECOGNIZED,
            CKR_SLOT_ID_INVALID:
            .token
        default: .call
        }
    }

    /// Whether what was to be unwrapped is no wrapped key, or one of another key's.
    var blamesInput: Bool {
        switch code {
        case CKR_ENCRYPTED_DATA_INVALID, CKR_ENCRYPTED_DATA_LEN_RANGE, CKR_WRAPPED_KEY_INVALID,
            CKR_WRAPPED_KEY_LEN_RANGE:
            true
        default: false
        }
    }

    /// Whether the token failed without saying why; some do so for input that they cannot open.
    var isVague: Bool { code == CKR_GENERAL_ERROR || code == CKR_FUNCTION_FAILED }

    /// The failure of a store; `token` is how the log calls the token.
    func error(of token: String) -> KeyStoreError {
        if case .verdict(let error) = self { return error }
        let cause = "\(token): \(self)"
        return switch (reach, code) {
        case (.token, _): .unreachable(cause)
        case (_, CKR_KEY_FUNCTION_NOT_PERMITTED), (_, CKR_PIN_EXPIRED), (_, CKR_USER_NOT_LOGGED_IN):
            .notAuthorized(cause)
        default: .unavailable(cause)
        }
    }
}

extension PKCS11Failure: CustomStringConvertible {
    /// As in `C_Login: CKR_PIN_INCORRECT`.
    var description: String {
        switch self {
        case .returned(let function, let code): "\(function): \(Self.names[code] ?? "0x\(String(code, radix: 16))")"
        case .verdict(let error): error.description
        }
    }

    private static let names: [CK_RV: String] = [
        CKR_SLOT_ID_INVALID: "CKR_SLOT_ID_INVALID", CKR_GENERAL_ERROR: "CKR_GENERAL_ERROR",
        CKR_FUNCTION_FAILED: "CKR_FUNCTION_FAILED", CKR_DEVICE_ERROR: "CKR_DEVICE_ERROR",
        CKR_DEVICE_MEMORY: "CKR_DEVICE_MEMORY", CKR_DEVICE_REMOVED: "CKR_DEVICE_REMOVED",
        CKR_ENCRYPTED_DATA_INVALID: "CKR_ENCRYPTED_DATA_INVALID",
        CKR_ENCRYPTED_DATA_LEN_RANGE: "CKR_ENCRYPTED_DATA_LEN_RANGE",
        CKR_KEY_HANDLE_INVALID: "CKR_KEY_HANDLE_INVALID",
        CKR_KEY_FUNCTION_NOT_PERMITTED: "CKR_KEY_FUNCTION_NOT_PERMITTED",
        CKR_MECHANISM_INVALID: "CKR_MECHANISM_INVALID", CKR_MECHANISM_PARAM_INVALID: "CKR_MECHANISM_PARAM_INVALID",
        CKR_OBJECT_HANDLE_INVALID: "CKR_OBJECT_HANDLE_INVALID", CKR_PIN_INCORRECT: "CKR_PIN_INCORRECT",
        CKR_PIN_LEN_RANGE: "CKR_PIN_LEN_RANGE", CKR_PIN_EXPIRED: "CKR_PIN_EXPIRED", CKR_PIN_LOCKED: "CKR_PIN_LOCKED",
        CKR_SESSION_CLOSED: "CKR_SESSION_CLOSED", CKR_SESSION_COUNT: "CKR_SESSION_COUNT",
        CKR_SESSION_HANDLE_INVALID: "CKR_SESSION_HANDLE_INVALID", CKR_TOKEN_NOT_PRESENT: "CKR_TOKEN_NOT_PRESENT",
        CKR_TOKEN_NOT_RECOGNIZED: "CKR_TOKEN_NOT_RECOGNIZED", CKR_USER_NOT_LOGGED_IN: "CKR_USER_NOT_LOGGED_IN",
        CKR_USER_PIN_NOT_INITIALIZED: "CKR_USER_PIN_NOT_INITIALIZED",
        CKR_WRAPPED_KEY_INVALID: "CKR_WRAPPED_KEY_INVALID", CKR_WRAPPED_KEY_LEN_RANGE: "CKR_WRAPPED_KEY_LEN_RANGE",
        CKR_BUFFER_TOO_SMALL: "CKR_BUFFER_TOO_SMALL", CKR_CRYPTOKI_NOT_INITIALIZED: "CKR_CRYPTOKI_NOT_INITIALIZED",
    ]
}
