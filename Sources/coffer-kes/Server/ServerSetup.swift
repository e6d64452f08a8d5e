import HTTPServer
import KESProtocol
import KESService
import KeyStores

/// What is to be served: a configuration, checked against the files that it names.
struct ServerSetup: Sendable {
    let configuration: KESConfiguration
    /// For the listener of clients.
    let tls: TLSConfigurationSource
    /// For the listener of probes, which show no certificate.
    let probeTLS: TLSConfigurationSource
    /// The admin's secret in development mode.
    let developmentKey: APIKey?
    private let proxy: TLSProxy?
    private let reportsStatusAsKES: Bool

    static func load(_ options: ServerOptions, environment: [String: String]) throws(StartFailure) -> ServerSetup {
        switch options.source {
        case .development: try ServerSetup(try DevelopmentMode())
        case .file(let path): try ServerSetup(path, root: options.root, environment: environment)
        }
    }

    private init(_ mode: DevelopmentMode) throws(StartFailure) {
        configuration = KESConfiguration(
            admin: mode.apiKey.identity.text, tls: .init(key: "", certificate: ""), keyStore: .memory)
        tls = mode.tls
        probeTLS = mode.tls
        developmentKey = mode.apiKey
        proxy = nil
        reportsStatusAsKES = false
    }

    private init(_ path: String, root: String?, environment: [String: String]) throws(StartFailure) {
        do throws(ConfigurationError) {
            configuration = try KESConfiguration.read(path, environment: environment, defaultAdmin: root)
        } catch {
            throw StartFailure("\(error)")
        }
        let files = try TLSFiles(configuration.tls)
        tls = files.source(certificateIsOptional: configuration.allowsAnonymousCalls)
        probeTLS = files.source(clientCertificate: .none)
        developmentKey = nil
        proxy = try files.proxy()
        reportsStatusAsKES = environment["KES_STATUS_COMPAT"] == "on"
        for warning in configuration.warnings { Console.warn("WARNING: \(path): \(warning)") }
    }

    /// What requests are answered by, with the keys of `vault`.
    func settings(_ vault: KeyVault, _ watch: CertificateWatch) -> KESSettings {
        KESSettings(
            admin: configuration.admin, policies: configuration.policies, apis: configuration.api,
            log: configuration.log, proxy: proxy, vault: vault, certificateEnd: { watch.notAfter },
            reportsStatusAsKES: reportsStatusAsKES, storeIsVault: configuration.keyStore.isVault)
    }
}
