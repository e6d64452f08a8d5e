import COpenSSL
import Glibc

/// The certificates that chains may end at.
///
/// `@unchecked Sendable`: the store is filled in the initialiser, and OpenSSL guards what it looks up later.
package final class TrustStore: @unchecked Sendable {
    fileprivate let pointer: OpaquePointer

    /// Trusts `certificates`, each as it is (no matter whether it is an authority's own root), and the system's roots if
    /// asked.
    ///
    /// The system's roots are read now; `SSL_CERT_FILE` and `SSL_CERT_DIR` replace them.
    package init(certificates: [Certificate], includesSystemRoots: Bool) {
        guard let store = X509_STORE_new() else { fatalError("out of memory") }
        pointer = store
        // A certificate that is trusted ends a chain even if it was issued by another.
        X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN))
        for certificate in certificates {
            if let object = X509Object(der: certificate.der) { X509_STORE_add_cert(store, object.pointer) }
        }
        if includesSystemRoots { X509_STORE_set_default_paths(store) }
        ERR_clear_error()
    }

    deinit { X509_STORE_free(pointer) }
}

/// What a certificate is presented for; its extended key usage, if it has one, has to name it.
package enum CertificatePurpose: Sendable, CaseIterable { case client, server }

/// What came of checking a chain: an expected refusal is a result.
package enum CertificateVerification: Hashable, Sendable {
    case trusted
    /// Why not, such as `certificate has expired`.
    case refused(String)
}

extension Certificate {
    /// Whether a chain over `intermediates` leads to `store`: signatures, validity, authorities' constraints and purpose.
    ///
    /// `time` is the moment that validity is judged at, in seconds since 1970; `nil` is now. Names are not looked at.
    package func verification(
        by store: TrustStore, intermediates: [Certificate] = [], purpose: CertificatePurpose, at time: Int64? = nil
    ) -> CertificateVerification {
        guard let context = X509_STORE_CTX_new(), let list = coffer_x509_list() else { fatalError("out of memory") }
        let object = X509Object(der: der)
        let others = intermediates.compactMap { X509Object(der: $0.der) }
        // The context borrows both until it is freed.
        defer {
            X509_STORE_CTX_free(context)
            coffer_x509_list_free(list)
            ERR_clear_error()
        }
        for other in others { coffer_x509_list_append(list, other.pointer) }
        return withExtendedLifetime((store, object, others)) {
            guard X509_STORE_CTX_init(context, store.pointer, object?.pointer, list) == 1 else {
                return .refused("out of memory")
            }
            // A certificate for any purpose is one for this; OpenSSL looks for the purpose's own name.
            let isForAny = object.map { X509_get_extended_key_usage($0.pointer) & UInt32(XKU_ANYEKU) != 0 } ?? false
            let named = purpose == .client ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER
            X509_STORE_CTX_set_purpose(context, isForAny ? X509_PURPOSE_ANY : named)
            // Level 1 refuses SHA-1 and MD5 signatures, and RSA keys below 1024 bits.
            X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(context), 1)
            if let time { X509_STORE_CTX_set_time(context, 0, time_t(time)) }
            guard X509_verify_cert(context) != 1 else { return .trusted }
            return .refused(String(cString: X509_verify_cert_error_string(Int(X509_STORE_CTX_get_error(context)))))
        }
    }
}
