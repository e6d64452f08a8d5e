import Glibc
import HTTPServer
import KESService
import Logging
import NIOCore

/// The sockets of the server: one for clients, and if wanted one for probes.
struct Listeners {
    let clients: HTTPServer
    let probes: HTTPServer?
    private let watch: CertificateWatch

    static func start(
        _ setup: ServerSetup, address: String, service: any HTTPHandler, probe: ReadinessProbe,
        watch: CertificateWatch, logger: Logger
    ) async throws(StartFailure) -> Listeners {
        var http = HTTPServerConfiguration(addresses: [address], tls: watch.watching(setup.tls))
        http.http2 = true
        // Nothing blocks a loop here: key stores have threads of their own.
        http.eventLoops = max(2, System.coreCount)
        http.wakefulness = .microseconds(60)
        http.limits = limits
        do throws(HTTPServerError) {
            let clients = try await HTTPServer.start(http, handler: service, logger: logger)
            guard let healthAddress = setup.configuration.healthAddress else {
                return Listeners(clients: clients, probes: nil, watch: watch)
            }
            do throws(HTTPServerError) {
                var http = HTTPServerConfiguration(addresses: [healthAddress], tls: setup.probeTLS)
                http.limits = limits
                http.eventLoops = 1
                let probes = try await HTTPServer.start(http, handler: probe, logger: logger)
                return Listeners(clients: clients, probes: probes, watch: watch)
            } catch {
                await clients.shutdown(grace: .zero)
                throw error
            }
        } catch {
            throw StartFailure(error)
        }
    }

    private static var limits: HTTPLimits {
        var limits = HTTPLimits()
        limits.headTimeout = .seconds(5)
        limits.idleTimeout = .seconds(90)
        // Answers are due in fifteen seconds, and a body that is too long is not worth reading to its end.
        limits.bodyStallTimeout = .seconds(15)
        limits.drainBytes = 512 * 1024
        return limits
    }

    /// Serves new connections with other certificates, and asks others of clients.
    func replaceTLS(_ setup: ServerSetup) throws(StartFailure) {
        do throws(HTTPServerError) {
            try clients.replaceTLS(watch.watching(setup.tls))
            try probes?.replaceTLS(setup.probeTLS)
        } catch {
            throw StartFailure(error)
        }
    }

    /// Requests in flight have a second.
    func shutdown() async {
        async let probesAreClosed: Void? = probes?.shutdown(grace: .seconds(1))
        await clients.shutdown(grace: .seconds(1))
        _ = await probesAreClosed
    }
}

extension StartFailure {
    init(_ error: HTTPServerError) {
        switch error {
        case .address(let address): self.init("'\(address)' is not an address to listen on")
        case .bind(let address, let number): self.init("listen \(address): \(String(cString: strerror(number)))")
        case .tls(let reason): self.init("failed to read TLS certificate: \(reason)")
        }
    }
}
