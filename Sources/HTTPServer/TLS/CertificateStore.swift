import Glibc
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// The certificates new connections are served with.
///
/// A connection keeps those it began with.
final class CertificateStore: Sendable {
    private struct Current {
        var context: NIOSSLContext
        var stamp: [String: [Int64]]
    }

    private let source: TLSConfigurationSource
    private let logger: Logger
    private let current: Mutex<Current>

    init(_ source: TLSConfigurationSource, logger: Logger) throws(HTTPServerError) {
        self.source = source
        self.logger = logger
        let stamp = Self.stamp(source.directory)
        current = Mutex(Current(context: try Self.makeContext(source), stamp: stamp))
    }

    func reload() throws(HTTPServerError) {
        // Stamped before they are read: a change meanwhile is seen by the next look.
        let stamp = Self.stamp(source.directory)
        let context: NIOSSLContext
        do throws(HTTPServerError) {
            context = try Self.makeContext(source)
        } catch {
            logger.error("the new certificates cannot be used, the old ones stay", metadata: ["error": "\(error)"])
            current.withLock { $0.stamp = stamp }
            throw error
        }
        current.withLock { $0 = Current(context: context, stamp: stamp) }
        logger.info("certificates reloaded", metadata: ["names": "\(stamp.count)"])
    }

    /// Looks for changed files every so often; nil when that is not wanted.
    func poll(on loop: any EventLoop) -> RepeatedTask? {
        guard let interval = source.pollInterval else { return nil }
        let delay = TimeAmount.nanoseconds(max(interval.nanoseconds, 1_000_000))
        return loop.scheduleRepeatedTask(initialDelay: delay, delay: delay) { [self] _ in
            let stamp = Self.stamp(source.directory)
            guard current.withLock({ $0.stamp != stamp }) else { return }
            do throws(HTTPServerError) { try reload() } catch {}
        }
    }

    func makeHandler() -> NIOSSLServerHandler {
        let context = current.withLock { $0.context }
        switch source.clientCertificate {
        case .none: return NIOSSLServerHandler(context: context)
        case .requested:
            // Whose certificate it is, is for handlers to judge; the handshake proves the key.
            return NIOSSLServerHandler(
                context: context, customVerificationCallback: { _, verdict in verdict.succeed(.certificateVerified) })
        }
    }

    // MARK: Files

    private static func makeContext(_ source: TLSConfigurationSource) throws(HTTPServerError) -> NIOSSLContext {
        let main = try Certificate(directory: source.directory)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: main.chain, privateKey: main.key)
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        switch source.clientCertificate {
        case .none: configuration.certificateVerification = .none
        case .requested: configuration.certificateVerification = .optionalVerification
        }
        var named: [String: Certificate] = [:]
        for name in names(source.directory) {
            let certificate = try Certificate(directory: source.directory + "/" + name)
            // Also finds a key that does not fit its certificate, which the first handshake would find otherwise.
            _ = try context(
                TLSConfiguration.makeServerConfiguration(
                    certificateChain: certificate.chain, privateKey: certificate.key),
                source.directory + "/" + name)
            named[name.lowercased()] = certificate
        }
        if !named.isEmpty {
            let named = named
            configuration.sslContextCallback = { hello, answer in
                var override = NIOSSLContextConfigurationOverride()
                if let certificate = hello.serverHostname.flatMap({ named[$0.lowercased()] }) {
                    override.certificateChain = certificate.chain
                    override.privateKey = certificate.key
                }
                answer.succeed(override)
            }
        }
        return try context(configuration, source.directory)
    }

    private static func context(_ configuration: TLSConfiguration, _ directory: String) throws(HTTPServerError)
        -> NIOSSLContext
    {
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw .tls(reason: "\(directory): \(error)")
        }
    }

    /// The sub-directories that hold a certificate: names of further servers.
    private static func names(_ directory: String) -> [String] {
        guard let listing = opendir(directory) else { return [] }
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix("."),
                access(directory + "/" + name + "/" + Certificate.chainFile, R_OK) == 0
            else { continue }
            names.append(name)
        }
        return names.sorted()
    }

    private static func stamp(_ directory: String) -> [String: [Int64]] {
        var stamps = ["": Certificate.stamp(directory: directory)]
        for name in names(directory) { stamps[name] = Certificate.stamp(directory: directory + "/" + name) }
        return stamps
    }
}
