package import AccessPolicy
package import HTTPServer
package import Logging
import NIOCore
package import S3Protocol

/// What every request goes through, whichever service answers it: an id, its caller, its rights, and one exit.
package final class RequestPipeline: Sendable {
    let verifier: SigV4Verifier
    private let authoriser = Authoriser()
    private let setting: SenderAttributes.Setting
    private let observers: [any RequestObserver]
    /// What was answered so far.
    package let counts: RequestCounts
    private let logger: Logger
    private let ids = RequestIDs()

    package init(
        verifier: SigV4Verifier, setting: SenderAttributes.Setting = SenderAttributes.Setting(),
        observers: [any RequestObserver] = [], counts: RequestCounts = RequestCounts(), logger: Logger
    ) {
        self.verifier = verifier
        self.setting = setting
        self.observers = observers
        self.counts = counts
        self.logger = logger
    }

    /// - Parameter caller: for whom this process makes the request; `nil` for one that came from a client.
    package func begin(
        _ request: HTTPRequest, _ service: CompletedRequest.Service, _ caller: InProcessCaller? = nil
    ) -> RequestRecord {
        RequestRecord(request, service: service, caller: caller, id: ids.next(), counts: counts)
    }

    // MARK: Who and whether

    /// Verifies the signature of a request, and notes who sent it; of one that this process makes it is known.
    ///
    /// - Parameter service: for which the request has to be signed.
    package func authenticate(
        _ request: SigningRequest, service: String = "s3", acceptsAnyRegion: Bool, _ record: RequestRecord
    ) throws(S3Error) -> (verified: VerifiedRequest, principal: Principal) {
        if let caller = record.caller {
            record.principal = caller.verified.principal
            return (caller.verified, caller.verified.principal)
        }
        let verified = try verifier.verify(
            request, now: record.time / 1000, service: service, acceptsAnyRegion: acceptsAnyRegion)
        record.principal = verified.principal
        return (verified, verified.principal)
    }

    /// Of what no bucket's policy is about.
    ///
    /// - Throws: `AccessDenied` unless the principal may do all that is demanded, and when nothing is.
    package func authorise(
        _ principal: Principal, _ demands: [Demand], _ record: RequestRecord
    ) throws(S3Error) {
        guard allows(principal, demands, record) else { throw S3Error(.accessDenied) }
    }

    /// Whether the sender of a request may do all that is demanded, of what no bucket's policy is about.
    package func allows(_ principal: Principal, _ demands: [Demand], _ record: RequestRecord) -> Bool {
        let attributes = attributes(principal, record)
        return authoriser.allows(demands.map { AccessRequest(principal, $0, attributes) })
    }

    /// Whether a policy of the sender's forbids one of the demands, whatever others allow.
    package func forbids(_ principal: Principal, _ demands: [Demand], _ record: RequestRecord) -> Bool {
        let attributes = attributes(principal, record)
        return demands.contains { authoriser.forbids(AccessRequest(principal, $0, attributes)) }
    }

    /// Whether an access key is the sender's own, and nothing denies its owner one of the demands.
    ///
    /// Who has a policy of its own may do what that one says, and no more.
    package func isOwner(
        _ principal: Principal, of accessKey: String, unlessDenied demands: [Demand], _ record: RequestRecord
    ) -> Bool {
        guard !principal.isRestricted, principal.accessKey?.hasSameBytes(as: accessKey) == true else { return false }
        return !forbids(principal, demands, record)
    }

    /// Of a request that is signed in its header.
    private func attributes(_ principal: Principal, _ record: RequestRecord) -> SenderAttributes {
        SenderAttributes(
            head: record.head, target: nil, connection: record.connection, principal: principal, scheme: .v4Header,
            time: record.time, setting: setting)
    }

    // MARK: The exit

    /// Sends a whole answer at once.
    package func answer(_ response: HTTPResponse, _ record: RequestRecord) -> HTTPAnswer {
        record.answers(response.head)
        record.bytesSent = Int64(response.body?.readableBytes ?? 0)
        end(record)
        return .now(response)
    }

    /// An answer that `work` will send; it notes status and bytes in the record.
    package func answer(
        _ record: RequestRecord, later work: @escaping @Sendable (ResponseWriter) async -> Void
    ) -> HTTPAnswer {
        .later { response in
            await work(response)
            self.end(record)
        }
    }

    /// What the HTTP engine has answered by itself ends here too.
    ///
    /// - Parameter code: what the answer gave as its reason.
    package func end(_ refusal: HTTPRefusal, _ code: S3ErrorCode) {
        let completed = CompletedRequest(refusal, code, id: ids.next(), time: Clock.milliseconds())
        counts.count(completed)
        for observer in observers where observer.isListening { observer.observe(completed) }
    }

    /// Counts a request that has ended, and tells the observers; every request comes here once.
    private func end(_ record: RequestRecord) {
        let duration = record.elapsed
        counts.count(record, took: Int(duration))
        // Made once somebody wants it: of most requests nobody does.
        guard observers.contains(where: \.isListening) else { return }
        let completed = record.completed(after: duration)
        for observer in observers where observer.isListening { observer.observe(completed) }
    }

    /// Notes why a request was refused or failed, in the record and in the log.
    ///
    /// Causes of 5xx are errors; refusals are for those who debug clients.
    package func note(_ error: any Error, _ refusal: S3Error, _ record: RequestRecord) {
        record.errorCode = refusal.code.rawValue
        let isOurs =
            refusal.status >= 500 && refusal.code != .notImplemented || refusal.code == .kmsInvalidCiphertextException
        logger.log(
            level: isOurs ? .error : .debug, "\(refusal.code.rawValue)",
            metadata: [
                "request": "\(record.id)", "method": "\(record.head.method)",
                "target": "\(LoggedTarget(record.head.target))", "status": "\(refusal.status)", "cause": "\(error)",
            ])
    }

    /// The headers that every answer has.
    package static func commonHeaders(_ record: RequestRecord) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        appendCommonHeaders(record, to: &headers)
        return headers
    }

    package static func appendCommonHeaders(
        _ record: RequestRecord, to headers: inout [(name: String, value: String)]
    ) {
        headers.append(("server", "Coffer"))
        headers.append(("x-amz-request-id", record.id))
        headers.append(("x-amz-id-2", record.id))
    }
}
