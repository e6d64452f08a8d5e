import Cryptography
import Glibc
import HTTPClient
package import KESProtocol
import Notation
import Threading

/// A client of KES's REST API: one typed call a route, over several servers, with retries.
///
/// Calls are safe from any number of tasks.
package final class KESClient: Sendable {
    package let endpoints: [KESEndpoint]
    let configuration: KESClientConfiguration
    let http: HTTPClient
    private let selection: ShortLock<EndpointSelection>
    private let circuit = ShortLock(CallCircuit())
    private let credentials: ShortLock<ClientIdentity>

    /// Reads certificates and keys; asks no server.
    package init(_ configuration: KESClientConfiguration) throws(KESClientError) {
        self.configuration = configuration
        endpoints = configuration.endpoints.all
        guard !endpoints.isEmpty else { throw .configuration("no KES endpoint") }
        var identity = try ClientIdentity(configuration)
        let distances = endpoints.map { EndpointDistance(host: $0.host) }
        selection = ShortLock(EndpointSelection(distances, start: Int.random(in: 0..<endpoints.count)))
        do throws(HTTPClientError) {
            http = try HTTPClient(Self.transport(configuration, identity))
        } catch {
            throw .configuration("\(error)")
        }
        identity.wipeKey()
        credentials = ShortLock(identity)
    }

    /// Who the servers see; nil without a client certificate.
    package var identity: Identity? { credentials.withLock { $0.identity } }

    /// When the client certificate ends, in seconds since 1970.
    package var certificateExpiry: Int64? { credentials.withLock { $0.expiry } }

    /// Reads certificates and keys again, for connections to come; on failure the old ones stay.
    package func reload() throws(KESClientError) {
        var identity = try ClientIdentity(configuration)
        do throws(HTTPClientError) {
            try http.replace(Self.transport(configuration, identity))
        } catch {
            throw .configuration("\(error)")
        }
        identity.wipeKey()
        let known = identity
        credentials.withLock { $0 = known }
    }

    /// Reloads when a file has changed, or when a certificate that this client made itself has less than half its time left.
    ///
    /// True when it did.
    package func reloadIfChanged() throws(KESClientError) -> Bool {
        let (stamps, expiry) = credentials.withLock { ($0.source, $0.expiry) }
        var isDue = stamps.current != stamps
        if case .apiKey = configuration.credentials, let expiry, expiry - Int64(time(nil)) < 45 * 86400 { isDue = true }
        if isDue { try reload() }
        return isDue
    }

    private static func transport(
        _ configuration: KESClientConfiguration, _ identity: ClientIdentity
    ) -> HTTPClientConfiguration {
        var transport = HTTPClientConfiguration()
        transport.verifiesServer = !configuration.isInsecure
        transport.clientCertificate = identity.certificate
        transport.maxConnections = configuration.maxConnections
        transport.userAgent = "coffer-kes-client/\(KESVersion.release)"
        if let path = configuration.caPath { transport.caPaths.append(path) }
        if let path = configuration.extraCADirectory, access(path, R_OK) == 0 { transport.caPaths.append(path) }
        return transport
    }
}

extension ClientIdentity {
    fileprivate init(_ configuration: KESClientConfiguration) throws(KESClientError) {
        let authorities = [configuration.caPath, configuration.extraCADirectory].compactMap(\.self)
        try self.init(configuration.credentials, authorities: authorities, now: Int64(time(nil)))
    }
}

// MARK: - Calls

extension KESClient {
    /// What a call sends.
    struct Call {
        let route: KESRoute
        var argument = ""
        var body: [UInt8] = []
        var wantedHeaders: [String] = []
        var maxResponseBytes = 1 << 20
        /// Whether it may be sent again, by this client or by libcurl, when a server may have performed it.
        ///
        /// False for what changes keys: what was done would be refused for having been done, or done twice.
        var isRepeatable = true
    }

    /// The body of a 200, from whichever server gives one; any other answer is thrown.
    ///
    /// Fails at once while no server answers anybody: see ``CallCircuit``.
    func perform(_ call: Call) async throws(KESClientError) -> HTTPClientResponse {
        let start = Self.uptime
        let entry = circuit.withLock { $0.enter(at: start) }
        if case .refused(let error) = entry { throw error }
        do throws(KESClientError) {
            return try await attempt(call, isTrial: entry == .trial)
        } catch {
            circuit.withLock { circuit in
                switch error {
                // It is an answer, and known as one.
                case .fault: break
                case .connection(let failure, _) where failure.mayPass && failure != .overloaded:
                    circuit.failed(error, entry, since: start, at: Self.uptime)
                case .connection, .configuration, .invalidResponse, .cancelled:
                    circuit.abandoned(entry, at: Self.uptime)
                }
            }
            throw error
        }
    }

    /// Why a call would fail at once just now; nil when it would not.
    var outage: KESClientError? { circuit.withLock { $0.refusal(at: Self.uptime) } }

    /// One call with its retries; a trial has none.
    private func attempt(_ call: Call, isTrial: Bool) async throws(KESClientError) -> HTTPClientResponse {
        let deadline = ContinuousClock.now + configuration.callTimeout
        var attempts = CallAttempts()
        var random = SystemRandomNumberGenerator()
        var last = KESClientError.invalidResponse("no server was asked")
        while true {
            let step = selection.withLock { attempts.next(&$0, at: Self.uptime, using: &random) }
            switch step {
            case .giveUp: throw last
            case .wait(let pause):
                guard !isTrial, outage == nil, ContinuousClock.now + pause < deadline else { throw last }
                guard (try? await Task.sleep(for: pause)) != nil else { throw .cancelled }
            case .ask(let index):
                let left = deadline - .now
                guard left > .zero else {
                    selection.withLock { $0.abandoned(index, at: Self.uptime) }
                    throw last
                }
                // A server that hangs must leave time for another.
                let timeout = call.isRepeatable && attempts.hasOthers(of: endpoints.count) ? left / 2 : left
                do throws(KESClientError) {
                    let response = try await send(call, to: endpoints[index], timeout: timeout)
                    selection.withLock { $0.succeeded(index) }
                    circuit.withLock { $0.answered(at: Self.uptime) }
                    return response
                } catch {
                    last = error
                    guard let failure = note(error, of: index), call.isRepeatable || !error.leavesOpen else { throw error }
                    attempts.failed(index, failure)
                }
            }
        }
    }

    /// Notes how a server did; nil when the error is final.
    private func note(_ error: KESClientError, of index: Int) -> CallAttempts.Failure? {
        if case .fault = error { circuit.withLock { $0.answered(at: Self.uptime) } }
        switch error {
        case .fault(let fault) where fault.status >= 500 && fault.status != 501:
            selection.withLock { $0.failed(index, at: Self.uptime) }
            return fault.status == 503 ? .passing : .lasting
        case .fault:
            selection.withLock { $0.succeeded(index) }
            return nil
        case .connection(.overloaded, _):
            // Of this client's own making.
            selection.withLock { $0.abandoned(index, at: Self.uptime) }
            return .passing
        case .connection(let failure, _):
            selection.withLock { $0.failed(index, at: Self.uptime) }
            return failure.mayPass ? .passing : .lasting
        case .configuration, .invalidResponse, .cancelled:
            selection.withLock { $0.abandoned(index, at: Self.uptime) }
            return nil
        }
    }

    /// Asks one server, once.
    func send(
        _ call: Call, to endpoint: KESEndpoint, timeout: Duration
    ) async throws(KESClientError) -> HTTPClientResponse {
        var request = request(call, to: endpoint)
        request.timeout = timeout
        let response: HTTPClientResponse
        do throws(HTTPClientError) {
            response = try await http.send(request)
        } catch .cancelled {
            throw .cancelled
        } catch .overloaded {
            throw .connection(.overloaded, endpoint: endpoint.url)
        } catch {
            throw .connection(error, endpoint: endpoint.url)
        }
        guard response.status == 200 else {
            defer { response.wipeBody() }
            throw .fault(KESFault(status: response.status, body: response.body))
        }
        return response
    }

    func request(_ call: Call, to endpoint: KESEndpoint) -> HTTPClientRequest {
        let argument = PercentEncoding.encode(call.argument)
        // Servers up to October 2023 know POST alone where later ones have PUT, and those accept it.
        let method: HTTPClientMethod =
            switch call.route.method {
            case .get: .get
            case .put, .post: .post
            case .delete: .delete
            }
        var request = HTTPClientRequest(method, endpoint.url + call.route.path + argument)
        request.body = call.body
        request.needsFreshConnection = !call.isRepeatable
        if !call.body.isEmpty { request.headers.append(("Content-Type", "application/json")) }
        if let enclave = configuration.enclave { request.headers.append(("Kes-Enclave", enclave)) }
        request.wantedHeaders = call.wantedHeaders
        request.maxResponseBytes = call.maxResponseBytes
        // Some servers redirect list paths to themselves with a slash at the end.
        if method == .get { request.redirects = .sameOrigin }
        return request
    }

    private static var uptime: Duration { epoch.duration(to: .now) }
    private static let epoch = ContinuousClock.now
}

extension KESClientError {
    /// Whether a server may have performed the call without having said so.
    fileprivate var leavesOpen: Bool {
        switch self {
        case .connection(let failure, _):
            switch failure {
            case .timedOut(.response), .connectionLost, .responseTooLarge, .other: true
            case .configuration, .invalidRequest, .unresolvable, .refused, .unreachable, .untrustedServer, .tlsAlert,
                .tls, .timedOut(.connecting), .cancelled, .overloaded:
                false
            }
        case .fault, .configuration, .invalidResponse, .cancelled: false
        }
    }
}

extension HTTPClientError {
    /// Whether asking the same server again may bring an answer.
    fileprivate var mayPass: Bool {
        switch self {
        case .configuration, .invalidRequest, .untrustedServer, .tlsAlert, .tls, .responseTooLarge, .cancelled: false
        case .unresolvable, .refused, .unreachable, .timedOut, .connectionLost, .overloaded, .other: true
        }
    }
}
