/// The certificates that chains may end at.
package final class TrustStore: Sendable {
    /// Trusts `certificates`, each as it is (no matter whether it is an authority's own root), and the system's roots if
    /// asked.
    ///
    /// The system's roots are read when they are needed; `SSL_CERT_FILE` and `SSL_CERT_DIR` replace them.
    package init(certificates: [Certificate], includesSystemRoots: Bool) {}
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
        .refused("")
    }
}
