import Glibc
import HTTPServer
import KeyManagement
import Logging
import ObjectStorage
import S3Protocol
import S3Service

/// The composition root of the object server: opens what a request needs, in order, and closes it in reverse.
struct ServerProcess {
    private let configuration: ServerConfiguration
    private let logger: Logger

    init(_ configuration: ServerConfiguration) {
        self.configuration = configuration
        logger = LogFormat(configuration).logger()
    }

    func run() async throws {
        ProcessSettings.apply()
        for note in configuration.notes { logger.notice("\(note)") }

        let store = try openDrive()
        do {
            let keys = try await DriveKeys.open(configuration.keyService, store: store)
            async let _ = keys.dataKeys.run()
            let (credentials, isNew) = try await rootCredentials(keys.catalogue)
            let server = try await listen(store, keys, credentials)
            summary(store, keys, server, credentials, isNew: isNew).print()
            await waitForStop(server)
            // Ending the scope cancels the expiry.
            store.close()
            logger.notice("stopped")
        } catch {
            store.close()
            throw error
        }
    }

    private func openDrive() throws(StartFailure) -> ObjectStore {
        var options = StoreOptions()
        options.logger = logger
        do {
            return try ObjectStore.open(configuration.drive, options: options)
        } catch {
            throw StartFailure("\(configuration.drive): \(error)")
        }
    }

    private func rootCredentials(
        _ catalogue: Catalogue
    ) async throws -> (credentials: RootCredentials, isNew: Bool) {
        if let given = configuration.credentials { return (given, false) }
        return try await RootCredentials.ofDrive(catalogue)
    }

    private func listen(
        _ store: ObjectStore, _ keys: DriveKeys, _ credentials: RootCredentials
    ) async throws -> HTTPServer {
        let context = ServiceContext(
            catalogue: keys.catalogue, buckets: try BucketDirectory(keys.catalogue), dataKeys: keys.dataKeys,
            settings: ServiceSettings(
                region: configuration.region, domains: configuration.domains,
                autoEncryption: configuration.autoEncryption, trustsUpstreamTLS: configuration.trustsUpstreamTLS),
            logger: logger)
        let secret = SecretString(credentials.secret)
        let accessKey = credentials.accessKey
        let verifier = SigV4Verifier(region: configuration.region) { $0 == accessKey ? secret : nil }
        var http = HTTPServerConfiguration(
            addresses: configuration.addresses, tls: Self.certificates(in: configuration.certificates))
        http.limits = configuration.limits
        http.eventLoops = configuration.eventLoops
        http.errorBody = FaultDocument.answer
        do {
            return try await HTTPServer.start(
                http, handler: S3Service(context: context, verifier: verifier), logger: logger)
        } catch {
            throw StartFailure(error)
        }
    }

    /// HTTPS when the directory has a certificate, as MinIO decides it.
    private static func certificates(in directory: String) -> TLSConfigurationSource? {
        guard access("\(directory)/public.crt", F_OK) == 0, access("\(directory)/private.key", F_OK) == 0 else {
            return nil
        }
        return TLSConfigurationSource(directory: directory)
    }

    private func summary(
        _ store: ObjectStore, _ keys: DriveKeys, _ server: HTTPServer, _ credentials: RootCredentials, isNew: Bool
    ) -> StartupSummary {
        StartupSummary(
            configuration: configuration, server: server,
            isTLS: Self.certificates(in: configuration.certificates) != nil, space: store.freeSpace(),
            keyService: keys.title,
            newKeyring: keys.newKeyring, accessKey: credentials.accessKey, newSecret: isNew ? credentials.secret : nil,
            logger: logger)
    }

    private func waitForStop(_ server: HTTPServer) async {
        for await signal in Signals.stream() {
            switch signal {
            case .reload:
                do {
                    try server.reloadTLS()
                    logger.notice("TLS certificates read again")
                } catch {
                    logger.error("TLS certificates not reloaded", metadata: ["cause": "\(error)"])
                }
            case .stop:
                logger.notice("stopping: no new connections; waiting up to 30 s for requests in flight")
                await server.shutdown(grace: .seconds(30))
                return
            }
        }
    }
}

extension StartFailure {
    init(_ error: HTTPServerError) {
        switch error {
        case .address(let address): self.init("--address \(address): not an address to listen on")
        case .bind(let address, let number):
            self.init("cannot listen on \(address): \(String(cString: strerror(number)))")
        case .tls(let reason): self.init("TLS: \(reason)")
        }
    }
}
