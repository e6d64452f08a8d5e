import HTTPClient
package import KESProtocol

/// Walks the way from a client to its key, step by step, up to the first thing that is wrong.
package struct KESDiagnosis: Sendable {
    private let endpoint: KESEndpoint
    let client: KESClient
    private let configuration: KESClientConfiguration
    /// The key that the client means to use.
    let key: KeyName?
    /// Further paths that a policy has to allow.
    let paths: [String]

    /// For one of the configuration's servers.
    package init(
        _ configuration: KESClientConfiguration, endpoint: KESEndpoint, key: KeyName?, paths: [String]
    ) throws(KESClientError) {
        var configuration = configuration
        configuration.endpoints = KESEndpoints(endpoint)
        self.configuration = configuration
        self.endpoint = endpoint
        self.key = key
        self.paths = paths
        client = try KESClient(configuration)
    }

    /// Tells each step when it is known; whether nothing was wrong.
    package func run(_ tell: (DiagnosisStep) -> Void) async -> Bool {
        var isGood = true
        func report(_ steps: [DiagnosisStep]) -> Bool {
            for step in steps where isGood {
                tell(step)
                isGood = !step.isWrong
            }
            return isGood
        }
        let probe = ConnectionProbe(
            host: endpoint.host, port: endpoint.port ?? 443, authority: endpoint.authority,
            remedies: .init(
                name: "correct the server's name (MINIO_KES_SERVER), or add it to the DNS",
                refusal: "start the server, or correct the port; the server's default is 7373",
                certificate: certificateRemedy("")))
        guard report(await probe.steps()), report(await serverSteps()) else { return false }
        let (known, access) = await identitySteps()
        guard report(known), report(policySteps(access)) else { return false }
        guard report(await keyStoreSteps()) else { return false }
        return report(await keySteps())
    }

    // MARK: TLS and the server

    private func serverSteps() async -> [DiagnosisStep] {
        let verified: DiagnosisStep =
            configuration.isInsecure
            ? .unknown(.serverCertificate, "not looked at (--insecure)")
            : .right(.serverCertificate, "trusted, and made out for \(endpoint.host)")
        let handshake = DiagnosisStep.right(.handshake, "TLS 1.2 or later")
        let certificate = DiagnosisStep.right(.clientCertificate, certificateText)
        do throws(KESClientError) {
            let version = try await client.version()
            return [handshake, verified, certificate, .right(.server, "version \(version.version)")]
        } catch {
            guard case .connection(let failure, _) = error else {
                let remedy = "check that a KES server is meant: \(endpoint.url)/version does not answer as one does"
                return [handshake, verified, certificate, .wrong(.server, error.detail, remedy: remedy)]
            }
            switch failure {
            case .untrustedServer(let reason):
                return [handshake, .wrong(.serverCertificate, reason, remedy: certificateRemedy(reason))]
            case .tlsAlert(let alert):
                return [handshake, verified, alertStep(alert)]
            default:
                return [
                    .wrong(
                        .handshake, "\(failure)",
                        remedy: "check that \(endpoint.authority) is a KES server and not a proxy or another service")
                ]
            }
        }
    }

    private var certificateText: String {
        guard let expiry = client.certificateExpiry else { return "none" }
        let until = RFC3339Time(seconds: expiry, nanoseconds: 0).text.prefix(10)
        switch configuration.credentials {
        case .apiKey: return "made from the API key"
        case .files(let path, _, _): return "\(path), valid until \(until)"
        case .none: return "none"
        }
    }

    private func certificateRemedy(_ reason: String) -> String {
        if reason.contains("name") || reason.contains("subject") || reason.contains("mismatch") {
            return "use a host name or address that is in the certificate, or give the server a certificate that names "
                + endpoint.host
        }
        if reason.contains("expired") { return "renew the server's certificate" }
        if reason.contains("not yet valid") { return "check the clocks of both machines" }
        return
            "set MINIO_KMS_KES_CAPATH (or SSL_CERT_FILE) to the certificate of the authority that signed the server's, "
            + "or to the server's own when it has signed itself; --insecure goes without"
    }

    private func alertStep(_ alert: TLSAlert) -> DiagnosisStep {
        let remedy =
            switch alert {
            case .certificateRequired, .handshakeFailure: "set MINIO_KES_API_KEY, or a certificate and a key file"
            case .certificateExpired: "renew the client's certificate"
            case .protocolVersion: "let the server speak TLS 1.2 or 1.3"
            case .unknownCA, .badCertificate, .certificateUnknown, .accessDenied, .other:
                "the server verifies client certificates (tls.auth: on): use one that an authority in its tls.ca has "
                    + "signed for client authentication, or set tls.auth: off to go by identities alone"
            }
        return .wrong(.clientCertificate, "the server refused it: \(alert)", remedy: remedy)
    }
}
