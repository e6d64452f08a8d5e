import Glibc
package import HTTPServer
package import KESProtocol
import KeyStores
import NIOCore
import Synchronization
import Threading

/// Answers the requests of a KES-compatible key server.
///
/// For each: route → method → who asks → what they may → the route itself. Settings are one snapshot that ``reload(_:)``
/// replaces; a request is answered by those it began with.
package final class KESService: HTTPHandler {
    let logs: KESLogs
    let metrics = ServiceMetrics()
    /// When the process began to serve, which policies and identities show as the time they were made.
    let startTime: RFC3339Time
    private let start = MonotonicTime.now
    private let state: ShortLock<ServiceState>
    private let peers = PeerIdentities()
    private let lastNumber: Atomic<UInt64>

    package init(_ settings: KESSettings, logs: KESLogs, startTime: RFC3339Time = .now) {
        self.logs = logs
        self.startTime = startTime
        state = ShortLock(ServiceState(settings))
        lastNumber = Atomic(UInt64(truncatingIfNeeded: startTime.seconds) << 32)
        logs.setLevels(settings.log)
    }

    /// Answers requests to come by other settings.
    package func reload(_ settings: KESSettings) {
        let new = ServiceState(settings)
        state.withLock { $0 = new }
        logs.setLevels(settings.log)
    }

    /// Seconds since the service began, as nanoseconds.
    var uptime: Int64 { start.elapsed }

    package func answer(_ request: HTTPRequest) -> HTTPAnswer {
        switch recognise(request.head, request.connection) {
        case .answer(let answer): return .now(answer.response)
        case .refusal(let call, let fault): return .now(refuse(call, fault).response)
        case .call(let call):
            if let answer = answerNow(call, request.body) { return .now(answer.response) }
            return .later { await self.perform(call, request, $0) }
        }
    }

    // MARK: What comes before the route

    enum Recognition {
        /// The request reached no route.
        case answer(ServiceAnswer)
        case refusal(Call, KESFault)
        case call(Call)
    }

    /// Everything that the head and the connection decide.
    func recognise(_ head: RequestHead, _ connection: ConnectionInfo) -> Recognition {
        switch RequestPath(target: head.originForm) {
        case .unknown: return .answer(.notFound)
        case .malformed: return .answer(.malformed)
        case .redirect(let location): return .answer(.redirect(to: location, method: head.method))
        case .call(let route, let path, let argument):
            let state = state.withLock { $0 }
            let client = client(head, connection, state)
            let call = Call(
                route: route, method: head.method, path: path, argument: argument, state: state, ip: client.ip,
                identity: client.identity, number: lastNumber.add(1, ordering: .relaxed).newValue, start: .now)
            do throws(KESFault) {
                guard route.name.method.accepts(head.method) else {
                    throw .methodNotAllowed(head.method, expected: route.name.method)
                }
                try authorise(call, client.fault)
                return .call(call)
            } catch {
                return .refusal(call, error)
            }
        }
    }

    private struct Client {
        var ip: String
        var identity: Identity?
        /// Why there is no identity.
        var fault = KESFault.clientCertificateRequired
    }

    private func client(_ head: RequestHead, _ connection: ConnectionInfo, _ state: ServiceState) -> Client {
        var client = Client(ip: connection.remoteAddress)
        switch peers.identity(connection.peerCertificates) {
        case .none: break
        case .several: client.fault = .tooManyClientCertificates
        case .one(let identity):
            guard let proxy = state.settings.proxy, proxy.identities.contains(identity) else {
                client.identity = identity
                break
            }
            do throws(KESFault) { client.identity = try proxy.client(head) } catch { client.fault = error }
            if let address = TLSProxy.address(head) { client.ip = address }
        }
        return client
    }

    private func authorise(_ call: Call, _ fault: KESFault) throws(KESFault) {
        guard call.route.requiresPolicy, !call.state.skipsAuthentication(call.route) else { return }
        guard let identity = call.identity else {
            let missing = [("refused-by", "server"), ("missing", "a client certificate that says who asks")]
            logs.error.log(.info, "access denied: \(fault.message)", missing, of: call)
            throw fault
        }
        switch call.state.access.decision(identity, path: call.path) {
        case .allowed: return
        case .unknownIdentity:
            let missing = [("refused-by", "server"), ("missing", "the identity in 'identities' of a policy")]
            logs.error.log(.info, "access denied: identity not found", missing, of: call)
        case .rejected(let policy, let denyRule):
            let missing =
                denyRule.map { ("denied-by", "'\($0)' in 'deny'") } ?? ("missing", "a rule in 'allow' for the path")
            logs.error.log(
                .info, "access denied: rejected by policy '\(policy)'", [("refused-by", "policy"), missing], of: call)
        }
        metrics.countDenial()
        throw .notAuthorized
    }

    /// The answer to a call that reached its route and goes no further.
    func refuse(_ call: Call, _ fault: KESFault) -> ServiceAnswer {
        var answer = ServiceAnswer(fault, id: call.id)
        if fault.status == 405 {
            let method = call.route.name.method
            answer.headers.append(("Accept", method.rawValue))
            answer.headers.append(("Allow", method == .put ? "PUT, POST" : method.rawValue))
        }
        logs.audit.record(call, status: fault.status, nanoseconds: call.start.elapsed)
        return answer
    }

    // MARK: The route

    private static let longBody = 64 * 1024

    private func perform(_ call: Call, _ request: HTTPRequest, _ response: ResponseWriter) async {
        let handler = call.route.handler
        if case .stream(let stream) = handler { return await send(stream.feed(of: logs), call, response) }
        begin(call)
        let answer: ServiceAnswer
        do throws(KESFault) {
            answer = try await self.answer(call, handler, request)
        } catch {
            answer = failed(call, error)
        }
        end(call, answer)
        await response.send(answer.response)
    }

    /// The answer when nothing has to be waited for; counted and recorded then.
    private func answerNow(_ call: Call, _ input: RequestBody) -> ServiceAnswer? {
        var answer: ServiceAnswer?
        do throws(KESFault) {
            switch call.route.handler {
            case .immediate(let route): answer = try route.answer(call, in: self)
            case .waiting(let route):
                guard let bytes = input.whole else { return nil }
                let body = CallBody(bytes: bytes, isAbsent: input.declaredLength == 0)
                answer = try route.cachedAnswer(call, body, in: self)
            case .stream: return nil
            }
        } catch {
            answer = failed(call, error)
        }
        guard let answer else { return nil }
        begin(call)
        end(call, answer)
        return answer
    }

    private func answer(
        _ call: Call, _ handler: Route.Handler, _ request: HTTPRequest
    ) async throws(KESFault) -> ServiceAnswer {
        switch handler {
        case .immediate(let route): return try route.answer(call, in: self)
        case .stream: throw .timedOut
        case .waiting(let route):
            let body = try await body(of: request, call, route)
            // Long bodies are sealed and opened where they do not keep other connections waiting.
            if body.bytes.readableBytes <= Self.longBody, let answer = try route.cachedAnswer(call, body, in: self) {
                return answer
            }
            let outcome: Result<ServiceAnswer, KESFault> = await CallContext.$current.withValue(call) {
                await within(remainingTime(call), late: .timedOut) { () async throws(KESFault) in
                    try await route.answer(call, body, in: self)
                }
            }
            return try outcome.get()
        }
    }

    /// The body, when the route wants one; read piece by piece, for as long as the call may take.
    private func body(
        of request: HTTPRequest, _ call: Call, _ route: any WaitingRoute.Type
    ) async throws(KESFault) -> CallBody {
        let limit = call.route.bodyLimit
        guard limit > 0, request.body.declaredLength != 0 else { return .absent }
        var whole = ByteBuffer()
        do throws(BodyError) {
            if let length = request.body.declaredLength, length > Int64(limit) { throw .tooLarge }
            while var piece = try await request.body.next() {
                if whole.readableBytes == 0 { whole = piece } else { whole.writeBuffer(&piece) }
                guard whole.readableBytes <= limit else { throw .tooLarge }
                guard remainingTime(call) > .zero else { throw .stalled }
            }
        } catch {
            if error == .stalled { throw .timedOut }
            logs.error.log(.error, "the request body cannot be read: \(error)", of: call)
            throw route.invalidBody
        }
        return CallBody(bytes: whole, isAbsent: false)
    }

    private func remainingTime(_ call: Call) -> Duration {
        call.state.timeout(call.route) - .nanoseconds(call.start.elapsed)
    }

    /// The answer to a call that failed in its route.
    func failed(_ call: Call, _ fault: KESFault) -> ServiceAnswer {
        if fault.status >= 500 {
            logs.error.log(call.route.failureLevel, fault.message, of: call)
        }
        return ServiceAnswer(fault, id: call.id)
    }

    func begin(_ call: Call) {
        if call.route.isCounted { metrics.begin() }
    }

    func end(_ call: Call, _ answer: ServiceAnswer) {
        let nanoseconds = call.start.elapsed
        if call.route.isCounted { metrics.end(status: answer.status, nanoseconds: nanoseconds) }
        logs.audit.record(call, status: answer.status, nanoseconds: nanoseconds)
    }
}
