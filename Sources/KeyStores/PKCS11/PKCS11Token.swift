import CPKCS11

/// The token that the configuration means, among those that a module shows.
struct PKCS11Token: Sendable {
    private let wanted: PKCS11Configuration.Token

    init(_ wanted: PKCS11Configuration.Token) { self.wanted = wanted }

    /// How the log calls it.
    var name: String {
        switch wanted {
        case .label(let label): "the token '\(label)'"
        case .slot(let number): "the token in slot \(number)"
        }
    }

    /// Looks at every slot, since a token that was away may come back in another.
    ///
    /// That no token is there at all may pass; that others are, and not this one, is the configuration's fault.
    func find(in module: PKCS11Module) throws(PKCS11Failure) -> PKCS11Module.Token {
        let tokens = try module.tokens().filter { $0.flags & CKF_TOKEN_INITIALIZED != 0 }
        guard !tokens.isEmpty else { throw .verdict(.unreachable("the PKCS#11 module shows no token")) }
        let found = tokens.filter { token in
            switch wanted {
            case .label(let label): token.label == label
            case .slot(let number): token.slot == number
            }
        }
        guard let token = found.first else {
            let others = tokens.map { "'\($0.label)' in slot \($0.slot)" }.joined(separator: ", ")
            throw .verdict(.unavailable("the PKCS#11 module does not show \(name), but \(others)"))
        }
        guard found.count == 1 else {
            throw .verdict(
                .unavailable("\(found.count) tokens have the label of \(name); give the number of its slot instead"))
        }
        return token
    }

    /// As ``find(in:)``, in the slot where it was found before: what it says of itself now.
    func flags(of session: PKCS11Sessions.Session) throws(PKCS11Failure) -> CK_FLAGS {
        var info = CK_TOKEN_INFO()
        try session.module.check("C_GetTokenInfo", session.functions.C_GetTokenInfo(session.slot, &info))
        return info.flags
    }
}
