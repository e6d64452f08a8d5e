import HTTPClient

/// Whether a host's name has an address, and its port a server behind it.
///
/// A plain request shows it before TLS can go wrong.
package struct ConnectionProbe: Sendable {
    /// What to change when it goes wrong.
    package struct Remedies: Sendable {
        package var name: String
        package var refusal: String
        /// When no trusted authority has signed the certificate, or it is another server's.
        package var certificate: String

        package init(name: String, refusal: String, certificate: String) {
            self.name = name
            self.refusal = refusal
            self.certificate = certificate
        }
    }

    let host: String
    let port: Int
    let authority: String
    let remedies: Remedies

    /// - Parameters:
    ///   - authority: The server as findings call it, such as `kes:7373`.
    package init(host: String, port: Int, authority: String, remedies: Remedies) {
        self.host = host
        self.port = port
        self.authority = authority
        self.remedies = remedies
    }

    /// The steps ``DiagnosisStep/Subject/address`` and ``DiagnosisStep/Subject/connection``.
    package func steps() async -> [DiagnosisStep] {
        let address = DiagnosisStep.right(.address, host)
        let open = [address, .right(.connection, "\(authority) accepts connections")]
        do throws(HTTPClientError) {
            var request = HTTPClientRequest(.get, "http://\(urlHost):\(port)/version")
            request.timeout = .seconds(6)
            _ = try await HTTPClient(HTTPClientConfiguration()).send(request)
            return open
        } catch {
            switch error {
            case .unresolvable(let host):
                return [.wrong(.address, "no address for \(host)", remedy: remedies.name)]
            case .refused:
                return [
                    address, .wrong(.connection, "\(authority) refuses connections", remedy: remedies.refusal),
                ]
            case .unreachable(let reason):
                return [
                    address,
                    .wrong(.connection, reason, remedy: "check the route to the server and the firewalls on it"),
                ]
            case .timedOut(.connecting):
                return [
                    address,
                    .wrong(
                        .connection, "\(authority) does not answer",
                        remedy: "check that the host is up and that no firewall drops the packets"),
                ]
            default: return open
            }
        }
    }

    /// The steps ``DiagnosisStep/Subject/handshake`` and ``DiagnosisStep/Subject/serverCertificate``.
    ///
    /// - Parameter authorities: A file or a directory of certificates that are trusted beside the system's.
    package func tlsSteps(authorities: String?) async -> [DiagnosisStep] {
        var configuration = HTTPClientConfiguration()
        configuration.caPaths = authorities.map { [$0] } ?? []
        let handshake = DiagnosisStep.right(.handshake, "TLS 1.2 or later")
        do throws(HTTPClientError) {
            var request = HTTPClientRequest(.get, "https://\(urlHost):\(port)/")
            request.timeout = .seconds(6)
            _ = try await HTTPClient(configuration).send(request)
            return [handshake, .right(.serverCertificate, "trusted, and made out for \(host)")]
        } catch {
            switch error {
            case .untrustedServer(let reason):
                return [handshake, .wrong(.serverCertificate, reason, remedy: remedies.certificate)]
            case .configuration:
                return [.wrong(.serverCertificate, "\(error)", remedy: remedies.certificate)]
            case .tls:
                return [
                    .wrong(
                        .handshake, "\(error)", remedy: "check that \(authority) speaks TLS, and is the server meant")
                ]
            // The server may want a client's certificate, or not know the path: neither is TLS's fault.
            default: return [.unknown(.handshake, "\(error)")]
            }
        }
    }

    private var urlHost: String { host.contains(":") ? "[\(host)]" : host }
}
