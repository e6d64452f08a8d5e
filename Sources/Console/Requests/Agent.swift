import AccessPolicy
import Accounts
import HTTPServer
import NIOCore
import Requests
import S3Protocol

/// Makes requests for whoever has logged in, each with the rights that the account has at that moment.
struct Agent: Sendable {
    /// Bytes of an answer that is gathered: a page of a thousand objects has some hundred KiB, with keys of 1024 bytes of
    /// which each is escaped some six MiB.
    static let longestAnswer = 8 << 20

    let context: ConsoleContext
    let session: ConsoleSession
    let connection: ConnectionInfo
    /// What of the browser's request goes along with those that are made for it.
    private let headers: [(name: String, value: String)]
    /// The account's at the time of the browser's request.
    private let secret: SecretString

    init(_ context: ConsoleContext, _ signedIn: SignedIn, _ request: HTTPRequest) {
        self.context = context
        session = signedIn.session
        secret = signedIn.account.secret
        connection = request.connection
        var headers: [(name: String, value: String)] = [("host", "localhost"), session.header]
        for name in ["user-agent", "traceparent"] {
            if let value = request.head.header(name) { headers.append((name, value)) }
        }
        self.headers = headers
    }

    /// - Throws: `NoSession` when the session, or the account's right to be used, has ended.
    func caller(_ expectation: SettingExpectation? = nil, listsEncryption: Bool = false) throws -> InProcessCaller {
        // What runs on without the browser ends with the account, and with its secret, too.
        guard let account = try context.sessions.account(ofRunning: session, at: context.clock()),
            account.secret.isEqual(to: secret)
        else {
            throw ConsoleError.noSession
        }
        return InProcessCaller(account, expectation: expectation, listsEncryption: listsEncryption)
    }

    /// The head of a request.
    ///
    /// - Parameter secrets: headers whose values are secret.
    func head(_ request: InnerRequest, secrets: RequestHead? = nil) -> RequestHead {
        RequestHead(
            method: request.method, target: request.target, versionMinor: 1, headers: headers + request.headers,
            secrets: secrets?.secrets ?? [])
    }

    /// The whole answer to a request, refusals included.
    ///
    /// - Parameter secrets: a request of the browser's whose secret headers go along.
    func answer(
        _ request: InnerRequest, expecting expectation: SettingExpectation? = nil, secrets: RequestHead? = nil
    ) async throws -> InnerAnswer {
        var request = request
        if request.method != "GET", request.method != "HEAD" {
            request.addHeader("content-length", "\(request.body.count)")
        }
        let caller = try caller(expectation, listsEncryption: request.listsEncryption)
        let (head, body) = try await context.inProcess.answer(
            head(request, secrets: secrets), body: request.body, connection: connection, limit: Self.longestAnswer
        ) { [context] in context.requests.answer($0, as: caller) }
        return InnerAnswer(head, body)
    }

    /// As ``answer(_:expecting:secrets:)``.
    ///
    /// - Throws: the refusal.
    func perform(
        _ request: InnerRequest, expecting expectation: SettingExpectation? = nil, secrets: RequestHead? = nil
    ) async throws -> InnerAnswer {
        let answer = try await answer(request, expecting: expectation, secrets: secrets)
        guard !answer.isRefusal else { throw answer.refusal }
        return answer
    }

    /// Whether the account may do each of the demands, by every policy that has a say.
    func allow(_ demands: [Demand], in request: HTTPRequest) throws -> [Bool] {
        context.requests.allow(demands, request, as: try caller())
    }

    func allows(_ action: Action, on resource: Resource, in request: HTTPRequest) throws -> Bool {
        try allow([Demand(action, on: resource)], in: request).first ?? false
    }
}

extension ConsoleSession {
    /// By which logs and the audit know of what session a request is: the beginning of its digest.
    fileprivate var header: (name: String, value: String) { ("x-coffer-console-session", String(id.text.prefix(8))) }

    /// A request of the browser's as it is told of: with its session, whatever the browser says.
    func told(_ request: HTTPRequest) -> HTTPRequest {
        let head = request.head
        return HTTPRequest(
            head: RequestHead(
                method: head.method, target: head.target, versionMinor: head.versionMinor,
                headers: head.headers.filter { $0.name != header.name } + [header], secrets: head.secrets),
            body: request.body, connection: request.connection)
    }
}
