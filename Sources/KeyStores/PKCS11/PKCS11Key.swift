import CPKCS11
import Cryptography

/// The key in a token that wraps others, and the ways to do so that are open.
struct PKCS11Key: Sendable {
    /// How a key was wrapped; the first byte of what is stored, so it never changes.
    enum Format: UInt8, Sendable {
        /// AES-GCM: nonce (12) ‖ ciphertext (32) ‖ tag (16), bound to the key's name.
        case gcm = 1
        /// AES key wrap with padding (RFC 5649).
        case keyWrapPad = 2
        /// AES key wrap (RFC 3394).
        case keyWrap = 3
    }

    let label: String
    let handle: CK_OBJECT_HANDLE
    /// What new keys are wrapped with; `nil` when neither the token nor the key allows any.
    let format: Format?
    /// Whether somebody with the PIN can take the key out of the token.
    let isExtractable: Bool
    let generation: Int

    /// Finds the one AES key of that label.
    static func find(_ label: String, in session: PKCS11Sessions.Session) throws(PKCS11Failure) -> PKCS11Key {
        let found = try objects(label, onlyAES: true, in: session)
        guard let handle = found.first else {
            let others = try objects(label, onlyAES: false, in: session)
            throw .verdict(
                .unavailable(
                    others.isEmpty
                        ? "the token has no key with the label '\(label)', or the user must not see it"
                        : "what the token has with the label '\(label)' is not an AES key"))
        }
        guard found.count == 1 else {
            throw .verdict(.unavailable("the token has more than one AES key with the label '\(label)'"))
        }
        func key(_ attribute: CK_ATTRIBUTE_TYPE) -> Bool {
            coffer_pkcs11_is(session.module.functions, session.handle, handle, attribute) != 0
        }
        func token(_ mechanism: CK_MECHANISM_TYPE, _ flags: CK_FLAGS) -> Bool {
            session.module.offers(mechanism, flags, in: session.slot)
        }
        var format: Format?
        if key(CKA_ENCRYPT), key(CKA_DECRYPT), token(CKM_AES_GCM, CKF_ENCRYPT | CKF_DECRYPT) {
            format = .gcm
        } else if key(CKA_WRAP), key(CKA_UNWRAP) {
            if token(CKM_AES_KEY_WRAP_PAD, CKF_WRAP | CKF_UNWRAP) {
                format = .keyWrapPad
            } else if token(CKM_AES_KEY_WRAP, CKF_WRAP | CKF_UNWRAP) {
                format = .keyWrap
            }
        }
        return PKCS11Key(
            label: label, handle: handle, format: format, isExtractable: key(CKA_EXTRACTABLE),
            generation: session.generation)
    }

    /// The first two objects of that label.
    private static func objects(
        _ label: String, onlyAES: Bool, in session: PKCS11Sessions.Session
    ) throws(PKCS11Failure) -> [CK_OBJECT_HANDLE] {
        var objects: [CK_OBJECT_HANDLE] = [0, 0]
        var count = 0
        let text = Array(label.utf8)
        try session.module.check(
            "C_FindObjects",
            coffer_pkcs11_find(
                session.module.functions, session.handle, text, text.count, onlyAES ? 1 : 0, &objects, objects.count,
                &count))
        return Array(objects.prefix(count))
    }

    // MARK: Calls

    private static let nonceByteCount = AEADAlgorithm.nonceByteCount
    /// No form of a wrapped key is longer.
    private static let room = 128

    func wrap(
        _ key: SecretKey, for name: String, in session: PKCS11Sessions.Session
    ) throws(PKCS11Failure) -> [UInt8] {
        guard let format else {
            throw .verdict(
                .notAuthorized(
                    "the key '\(label)' can wrap nothing: it has to allow encrypt and decrypt where the token has "
                        + "AES-GCM, or wrap and unwrap where it has AES key wrap"))
        }
        var output = [UInt8](repeating: 0, count: Self.room)
        var count = output.count
        // A token that insists on a nonce of its own writes it over this one.
        var nonce = SecureRandom.bytes(Self.nonceByteCount)
        let associatedData = Array(name.utf8)
        let functions = session.module.functions
        let code = key.withUnsafeBytes { key in
            switch format {
            case .gcm:
                coffer_pkcs11_encrypt(
                    functions, session.handle, handle, &nonce, associatedData, associatedData.count, key.baseAddress,
                    key.count, &output, &count)
            case .keyWrapPad, .keyWrap:
                coffer_pkcs11_wrap(
                    functions, session.handle, handle, format.mechanism, key.baseAddress, key.count, &output, &count)
            }
        }
        try session.module.check(format == .gcm ? "C_Encrypt" : "C_WrapKey", code)
        return [format.rawValue] + (format == .gcm ? nonce : []) + output.prefix(count)
    }

    func unwrap(
        _ wrapped: [UInt8], for name: String, in session: PKCS11Sessions.Session
    ) throws(PKCS11Failure) -> SecretKey {
        guard let format = wrapped.first.flatMap(Format.init) else {
            throw .verdict(.corrupt("the wrapped key is in no known form"))
        }
        let nonce = format == .gcm ? Array(wrapped.dropFirst().prefix(Self.nonceByteCount)) : []
        guard format != .gcm || nonce.count == Self.nonceByteCount else {
            throw .verdict(.corrupt("the wrapped key is too short"))
        }
        let input = Array(wrapped.dropFirst(1 + nonce.count))
        let associatedData = Array(name.utf8)
        let functions = session.module.functions
        var code = CKR_OK
        let plain = SecretBytes(capacity: Self.room) { output in
            var count = output.count
            code =
                switch format {
                case .gcm:
                    coffer_pkcs11_decrypt(
                        functions, session.handle, handle, nonce, associatedData, associatedData.count, input,
                        input.count, output.baseAddress, &count)
                case .keyWrapPad, .keyWrap:
                    coffer_pkcs11_unwrap(
                        functions, session.handle, handle, format.mechanism, input, input.count, output.baseAddress,
                        &count)
                }
            return code == CKR_OK ? count : 0
        }
        try session.module.check(format == .gcm ? "C_Decrypt" : "C_UnwrapKey", code)
        guard let key = plain.withUnsafeBytes({ SecretKey($0) }) else {
            throw .verdict(.corrupt("the wrapped key is not one of 32 bytes"))
        }
        return key
    }
}

extension PKCS11Key.Format {
    fileprivate var mechanism: CK_MECHANISM_TYPE {
        switch self {
        case .gcm: CKM_AES_GCM
        case .keyWrapPad: CKM_AES_KEY_WRAP_PAD
        case .keyWrap: CKM_AES_KEY_WRAP
        }
    }
}
