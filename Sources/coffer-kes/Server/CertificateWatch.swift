import Certificates
import Glibc
import HTTPServer
import KESProtocol
import Logging
import Synchronization

/// Knows when the certificate in use ends, and says so in time.
final class CertificateWatch: Sendable {
    private struct State {
        var notAfter: Int64?
        var warnings = ExpiryWarnings("the TLS certificate")
    }

    private let state = Mutex(State())
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    /// The end of the certificate in use, in seconds since 1970.
    var notAfter: Int64? { state.withLock { $0.notAfter } }

    /// `source`, with this told of every certificate that comes into use.
    func watching(_ source: TLSConfigurationSource) -> TLSConfigurationSource {
        var source = source
        source.onCertificateChange = { [self] certificate in
            state.withLock { $0.notAfter = certificate.notAfter }
            let end = RFC3339Time(seconds: certificate.notAfter, nanoseconds: 0)
            logger.info("the TLS certificate in use is valid until \(end)")
            warn()
        }
        return source
    }

    /// Warns when the certificate's end is near and it was not said before.
    func warn() {
        let now = Int64(time(nil))
        let warning = state.withLock { state in
            state.notAfter.flatMap { state.warnings.warning(notAfter: $0, now: now) }
        }
        if let warning { logger.warning("\(warning)") }
    }
}
