import Logging
import NIOPosix
import NIOSSL
import Synchronization

/// The certificates new connections are served with.
///
/// A connection keeps those it began with.
final class CertificateStore: Sendable {
    private struct Current {
        var source: TLSConfigurationSource
        var settings: TLSSettings
        var stamp: [String: [Int64]]
        /// Counts the changes, so that one of an older look does not undo a newer.
        var generation = 0
    }

    private let http2: Bool
    private let logger: Logger
    private let current: Mutex<Current>
    private let polling: Mutex<Task<Void, Never>?>

    init(_ source: TLSConfigurationSource, http2: Bool, logger: Logger) throws(HTTPServerError) {
        self.http2 = http2
        self.logger = logger
        current = Mutex(try Self.load(source, http2: http2))
        polling = Mutex(nil)
    }

    /// Reads the files before anything changes.
    ///
    /// Stamped before they are read: a change meanwhile is seen by the next look.
    private static func load(_ source: TLSConfigurationSource, http2: Bool) throws(HTTPServerError) -> Current {
        let stamp = source.stamp()
        let settings = try TLSSettings(source, http2: http2)
        let served = try settings.served()
        for certificate in served {
            if let reason = source.refusal?(certificate) { throw .tls(reason: reason) }
        }
        for certificate in served { source.onCertificateChange?(certificate) }
        return Current(source: source, settings: settings, stamp: stamp)
    }

    func reload() throws(HTTPServerError) {
        try replace(current.withLock { $0.source })
    }

    /// On failure the old certificates stay.
    func replace(_ source: TLSConfigurationSource, ifStill generation: Int? = nil) throws(HTTPServerError) {
        let loaded: Current
        do throws(HTTPServerError) {
            loaded = try Self.load(source, http2: http2)
        } catch {
            logger.error("the new certificates cannot be used, the old ones stay", metadata: ["error": "\(error)"])
            throw error
        }
        let isAdopted = current.withLock { current in
            guard generation == nil || current.generation == generation else { return false }
            let next = current.generation + 1
            current = loaded
            current.generation = next
            return true
        }
        guard isAdopted else { return }
        logger.info("certificates reloaded", metadata: ["names": "\(loaded.settings.nameCount)"])
    }

    /// What new connections are served with; none that cannot be read any more.
    var served: [TLSConfigurationSource.ServedCertificate] { (try? current.withLock { $0.settings }.served()) ?? [] }

    func makeHandler() throws -> TLSSettings.Handler {
        try current.withLock { $0.settings }.makeHandler()
    }

    // MARK: Polling

    /// Looks for changed files every so often, on a thread that may wait for a disk.
    func poll() {
        let interval = current.withLock { $0.source.pollInterval }
        let next = interval.map { interval in
            Task { [self] in
                while (try? await Task.sleep(for: interval)) != nil {
                    try? await NIOThreadPool.singleton.runIfActive { self.look() }
                }
            }
        }
        polling.withLock { polling in
            polling?.cancel()
            polling = next
        }
    }

    func stopPolling() {
        polling.withLock { $0.take() }?.cancel()
    }

    private func look() {
        let (source, stamp, generation) = current.withLock { ($0.source, $0.stamp, $0.generation) }
        let now = source.stamp()
        guard now != stamp else { return }
        do throws(HTTPServerError) { try replace(source, ifStill: generation) } catch {
            // Not again until something changes.
            current.withLock { if $0.stamp == stamp { $0.stamp = now } }
        }
    }
}

extension TLSConfigurationSource {
    /// What tells one state of the files from another.
    fileprivate func stamp() -> [String: [Int64]] {
        var stamps: [String: [Int64]] = [:]
        switch certificates {
        case .directory(let directory, _): stamps = ServerCertificate.stamp(directory: directory)
        case .files(let certificate, let key, _):
            for file in [certificate, key] { stamps[file] = TLSFile.stamp(file) }
        case .memory: break
        }
        switch clientCertificate {
        case .none, .requested, .required: break
        case .verified(let verifier, _):
            for path in verifier.files {
                stamps[path] = TLSFile.stamp(path)
                guard TLSFile.isDirectory(path) else { continue }
                for name in TLSFile.names(in: path) { stamps["\(path)/\(name)"] = TLSFile.stamp("\(path)/\(name)") }
            }
        }
        return stamps
    }
}
