import HTTPClient
import JSON
import Logging
import Notation
import RequestSigning

/// A service of AWS that takes JSON 1.1: signs calls, sends them, and helps itself once where credentials or the clock
/// are refused.
struct AWSService: Sendable {
    enum Kind: String, Sendable {
        case secretsManager = "secretsmanager"
        case kms

        var title: String {
            switch self {
            case .secretsManager: "AWS Secrets Manager"
            case .kms: "AWS KMS"
            }
        }

        /// What stands before the operation in the `X-Amz-Target` header.
        fileprivate var target: String {
            switch self {
            case .secretsManager: "secretsmanager"
            case .kms: "TrentService"
            }
        }
    }

    let kind: Kind
    let endpoint: AWSEndpoint
    let credentials: TokenSource<AWSCredentials>
    private let client: StoreClient
    private let signer: ServiceSigner
    private let clock: AWSClock

    /// - Parameters:
    ///   - given: Credentials of the configuration; `nil`: those of the environment or the machine.
    ///   - environment: The variables of the process.
    init(
        _ kind: Kind, _ endpoint: AWSEndpoint, region: String, given: AWSConfiguration.Credentials?,
        environment: [String: String], logger: Logger
    ) throws(KeyStoreError) {
        self.kind = kind
        self.endpoint = endpoint
        var configuration = HTTPClientConfiguration()
        if let bundle = environment["AWS_CA_BUNDLE"], !bundle.isEmpty { configuration.caPaths = [bundle] }
        client = try StoreClient("aws", configuration, retries: .aws)
        clock = AWSClock(logger: logger)
        signer = ServiceSigner(region: region, service: kind.rawValue)
        if let given {
            let own = try AWSCredentials(given)
            credentials = TokenSource("aws: credentials", logger: logger) { _ throws(KeyStoreError) in
                .init(token: own, lifetime: nil)
            }
        } else {
            let chain = try AWSCredentialChain(
                environment: environment, region: region, client: client, clock: clock)
            credentials = TokenSource("aws: credentials", logger: logger) { _ throws(KeyStoreError) in
                try await chain.fetch()
            }
        }
    }

    /// The document that the operation answers, or how the service refused it.
    ///
    /// Every operation that is called so may be performed twice. Throws when there is no answer, or one of something else
    /// than the service.
    func call(
        _ operation: String, _ fields: [(name: String, value: JSONValue)], _ time: CallTime
    ) async throws(KeyStoreError) -> Result<JSONValue, AWSFailure> {
        var (hasOtherTime, hasOtherCredentials) = (false, false)
        while true {
            let (credentials, number) = try await self.credentials.token(time)
            let answer = try await client.send(request(operation, JSONValue.object(fields).bytes, credentials), time)
            if answer.isSuccess {
                self.credentials.accept(number)
                return .success(try answer.document(of: kind.title))
            }
            let failure = AWSFailure(answer, of: kind, operation)
            if !hasOtherTime, failure.mayBeSkew, let date = answer.header("date").flatMap({ HTTPDate.parse($0) }),
                clock.correct(date)
            {
                hasOtherTime = true
            } else if failure.refusesCredentials, self.credentials.refuse(number), !hasOtherCredentials {
                hasOtherCredentials = true
            } else {
                return .failure(failure)
            }
        }
    }

    /// How long the endpoint takes to answer anything at all, to a request without a signature.
    func roundTrip() async throws(KeyStoreError) -> Duration {
        let begin = ContinuousClock.now
        var request = StoreRequest(.get, endpoint.url, isRepeatable: true)
        request.retries = .once
        _ = try await client.send(request, CallTime())
        return .now - begin
    }

    private func request(_ operation: String, _ body: [UInt8], _ credentials: AWSCredentials) -> StoreRequest {
        var request = StoreRequest(.post, endpoint.url, isRepeatable: true)
        request.headers = credentials.sign(
            signer, host: endpoint.host, path: endpoint.path,
            headers: [
                ("content-type", "application/x-amz-json-1.1"), ("x-amz-target", "\(kind.target).\(operation)"),
            ], body: body, now: clock.now)
        request.body = body
        request.wantedHeaders = [AWSFailure.codeHeader, "date"]
        return request
    }
}

extension RetryPolicy {
    /// AWS also says with status 400 that it is asked too often.
    static let aws = RetryPolicy(tries: 4, pause: .milliseconds(400), longestPause: .seconds(4)) { answer in
        standard.isTransient(answer)
            || (!answer.isSuccess && AWSFailure.throttling.contains(AWSFailure.code(of: answer)))
    }
}
