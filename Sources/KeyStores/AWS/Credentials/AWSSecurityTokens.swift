import HTTPClient
import Notation
import RequestSigning

/// AWS's Security Token Service: credentials of a role, for an hour, for who may assume it.
struct AWSSecurityTokens: Sendable {
    typealias Fresh = TokenSource<AWSCredentials>.Fresh

    private let endpoint: AWSEndpoint
    private let signer: ServiceSigner
    private let client: StoreClient
    private let clock: AWSClock

    init(
        _ environment: AWSEnvironment, region: String, client: StoreClient, clock: AWSClock
    ) throws(KeyStoreError) {
        let given = environment["AWS_ENDPOINT_URL_STS"] ?? environment["AWS_ENDPOINT_URL"]
        endpoint =
            if let given { try AWSEndpoint(given) } else { try AWSEndpoint.ofService("sts", region: region) }
        signer = ServiceSigner(region: region, service: "sts")
        self.client = client
        self.clock = clock
    }

    /// With the token that somebody else, such as Kubernetes, has put into a file, and renews there.
    func assume(
        _ role: String, session: String?, webIdentity file: String, _ time: CallTime
    ) async throws(KeyStoreError) -> Fresh {
        guard let token = try await CredentialFile.textIfPresent(file) else {
            throw .notAuthorized("aws: the web identity's token file \(file) does not exist")
        }
        return try await call(
            "AssumeRoleWithWebIdentity",
            [("RoleArn", role), ("RoleSessionName", session ?? Self.session), ("WebIdentityToken", token.trimmedLine)],
            signedBy: nil, time)
    }

    func assume(
        _ role: String, session: String?, externalID: String?, seconds: String?, signedBy credentials: AWSCredentials,
        _ time: CallTime
    ) async throws(KeyStoreError) -> Fresh {
        var fields = [("RoleArn", role), ("RoleSessionName", session ?? Self.session)]
        if let externalID { fields.append(("ExternalId", externalID)) }
        if let seconds { fields.append(("DurationSeconds", seconds)) }
        return try await call("AssumeRole", fields, signedBy: credentials, time)
    }

    private static let session = "coffer-kes"

    private func call(
        _ action: String, _ fields: [(name: String, value: String)], signedBy credentials: AWSCredentials?,
        _ time: CallTime
    ) async throws(KeyStoreError) -> Fresh {
        var answer = try await send(action, fields, signedBy: credentials, time)
        if Self.mayBlameClock(answer), let date = answer.header("date").flatMap({ HTTPDate.parse($0) }),
            clock.correct(date)
        {
            answer = try await send(action, fields, signedBy: credentials, time)
        }
        let text = String(decoding: answer.body, as: UTF8.self)
        guard answer.isSuccess else { throw Self.refusal(action, answer.status, text) }
        guard let accessKey = Self.element("AccessKeyId", of: text),
            let secretKey = Self.element("SecretAccessKey", of: text),
            let token = Self.element("SessionToken", of: text)
        else { throw .unavailable("AWS STS: \(action) answers no credentials") }
        return Fresh(
            token: AWSCredentials(
                accessKey: accessKey, secretKey: SecretText(secretKey), sessionToken: SecretText(token)),
            lifetime: Self.element("Expiration", of: text).flatMap { Fresh.lifetime(until: $0, now: clock.now) }
                ?? .seconds(900))
    }

    /// Whether the refusal may come of a wrong clock; the date of any other answer, a proxy's say, means nothing.
    private static func mayBlameClock(_ answer: StoreAnswer) -> Bool {
        let code = element("Code", of: String(decoding: answer.body, as: UTF8.self))
        return !answer.isSuccess
            && [
                "RequestExpired", "SignatureDoesNotMatch", "InvalidSignatureException", "RequestTimeTooSkewed",
                "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId",
            ].contains(code)
    }

    private func send(
        _ action: String, _ fields: [(name: String, value: String)], signedBy credentials: AWSCredentials?,
        _ time: CallTime
    ) async throws(KeyStoreError) -> StoreAnswer {
        let body = FormBody.encode([("Action", action), ("Version", "2011-06-15")] + fields)
        var request = StoreRequest(.post, endpoint.url, isRepeatable: true)
        request.headers = [FormBody.contentType]
        if let credentials {
            request.headers = credentials.sign(
                signer, host: endpoint.host, path: endpoint.path, headers: request.headers, body: body, now: clock.now)
        }
        request.body = body
        request.retries = Self.retries
        request.wantedHeaders = ["date"]
        return try await client.send(request, time)
    }

    /// STS says in XML that it is asked too often, or could not ask the identity's provider.
    private static let retries: RetryPolicy = {
        var policy = RetryPolicy.standard
        policy.isTransient = { RetryPolicy.standard.isTransient($0) || passes($0) }
        return policy
    }()

    private static func passes(_ answer: StoreAnswer) -> Bool {
        guard !answer.isSuccess, let code = element("Code", of: String(decoding: answer.body, as: UTF8.self)) else {
            return false
        }
        return code == "IDPCommunicationError" || AWSFailure.throttling.contains(code)
    }

    private static func refusal(_ action: String, _ status: Int, _ answer: String) -> KeyStoreError {
        let code = element("Code", of: answer) ?? ""
        let said = AWSFailure.readable(element("Message", of: answer) ?? "")
        let text = "AWS STS refused sts:\(action) (status \(status)): \(code): \(said)"
        let mayPass =
            [408, 429].contains(status) || code == "IDPCommunicationError" || AWSFailure.throttling.contains(code)
        return (400..<500).contains(status) && !mayPass ? .notAuthorized(text) : .unavailable(text)
    }

    /// The text of the first element of that name; credentials have no characters that XML escapes.
    private static func element(_ name: String, of document: String) -> String? {
        guard let begin = document.firstRange(of: "<\(name)>"),
            let end = document[begin.upperBound...].firstRange(of: "</\(name)>")
        else { return nil }
        return String(document[begin.upperBound..<end.lowerBound])
    }
}
