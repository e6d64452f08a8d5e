import AccessPolicy
import Accounts
import HTTPServer
import JSON
import NIOCore
import Requests
import S3Protocol

/// Logging in and out, and who is logged in: the calls that there are without a session.
struct LoginCalls: Sendable {
    let context: ConsoleContext

    /// The session of a request; nil without one.
    func signedIn(_ request: HTTPRequest) async throws -> SignedIn? {
        let name = try await context.sessions.cookieName
        // Another path's cookie of the same name may be an older one.
        for cookie in SessionCookie.values(named: name, request.head) {
            if let found = try context.sessions.find(cookie, at: context.clock()) { return found }
        }
        return nil
    }

    func login(_ request: HTTPRequest, _ response: ResponseWriter) async throws {
        let members = try JSONMembers(
            try await Call.document(of: request, context), known: ["accessKey", "secretKey", "sessionToken"])
        let token = try members.text("sessionToken")
        let credentials = Credentials(
            accessKey: try members.required("accessKey"), secret: SecretString(try members.required("secretKey")),
            sessionToken: token.flatMap { $0.isEmpty ? nil : $0 })
        let record = context.pipeline.begin(request, .console)
        record.operation = "Login"
        do {
            let name = try await context.sessions.cookieName
            let (cookie, signedIn) = try await context.sessions.login(
                credentials, from: request.connection.remoteAddress, at: context.clock())
            record.principal = signedIn.account.principal
            let document = try await document(signedIn, request)
            await send(
                ConsoleHeaders.document(
                    document.bytes,
                    headers: [
                        SessionCookie.header(name, cookie, request, context.settings),
                        ("x-amz-request-id", record.id),
                    ]), record, response)
        } catch {
            var refusal = ConsoleError(of: error)
            refusal.requestID = record.id
            context.pipeline.note(error, S3Error(.accessDenied, refusal.message, status: refusal.status), record)
            record.errorCode = refusal.code
            await send(ConsoleHeaders.refusal(refusal), record, response)
        }
    }

    func logout(_ request: HTTPRequest, _ signedIn: SignedIn, _ response: ResponseWriter) async throws {
        let members = try JSONMembers(try await Call.document(of: request, context), known: ["everywhere"])
        let record = context.pipeline.begin(signedIn.session.told(request), .console)
        record.operation = "Logout"
        record.principal = signedIn.account.principal
        try await context.sessions.logout(signedIn.session, everywhere: try members.flag("everywhere"))
        let cookie = SessionCookie.header(try await context.sessions.cookieName, "", request, context.settings)
        await send(
            HTTPResponse(status: 204, headers: ConsoleHeaders.ofCalls + [cookie, ("x-amz-request-id", record.id)]),
            record, response)
    }

    func session(_ request: HTTPRequest, _ response: ResponseWriter) async throws {
        guard let signedIn = try await signedIn(request) else {
            let document = JSONValue.object(["signedIn": .bool(false), "server": .object(["name": .string("Coffer")])])
            return await response.send(ConsoleHeaders.document(document.bytes))
        }
        await response.send(ConsoleHeaders.document(try await document(signedIn, request).bytes))
    }

    private func send(_ answer: HTTPResponse, _ record: RequestRecord, _ response: ResponseWriter) async {
        // Through the one exit, where it is counted and told.
        switch context.pipeline.answer(answer, record) {
        case .now(let whole): await response.send(whole)
        case .later(let work): await work(response)
        }
    }

    // MARK: The document

    /// What the account may do to the server as a whole.
    private static let rights: [(action: Action, resource: Resource)] = [
        (.listAllMyBuckets, .service), (.createBucket, .bucket("*")), (.serverInfo, .service),
        (.dataUsageInfo, .service), (.serverTrace, .service), (.consoleLog, .service), (.obdInfo, .service),
        (.listUsers, .service),
        (.createUser, .service), (.listUserPolicies, .service), (.createPolicy, .service), (.listGroups, .service),
        (.listServiceAccounts, .service), (.listKeys, .someKey), (.createKey, .someKey), (.importKey, .someKey),
        (.keyStatus, .someKey),
        (.keyServiceStatus, .service), (.listDataKeys, .service), (.rewrapDataKeys, .service),
    ]

    private func document(_ signedIn: SignedIn, _ request: HTTPRequest) async throws -> JSONValue {
        let agent = Agent(context, signedIn, request)
        let allowed = try agent.allow(
            Self.rights.map { Demand($0.action, on: $0.resource) }, in: request)
        var may = JSONObject()
        var mayAskKeyService = false
        for (right, isAllowed) in zip(Self.rights, allowed) {
            may[right.action.name] = .bool(isAllowed)
            if right.action == .keyServiceStatus { mayAskKeyService = isAllowed }
        }
        let settings = context.settings
        var server = JSONObject([
            "name": .string("Coffer"), "version": .string(settings.version),
            "deployment": .string(String(try await context.sessions.cookieName.dropFirst("coffer-".count))),
            "s3Address": .string(s3Address(request)), "region": .string(settings.region),
            "isTLS": .bool(request.connection.isTLS),
        ])
        server["started"] = .time(settings.started)
        return .object([
            "signedIn": .bool(true), "accessKey": .string(signedIn.accessKey), "user": .string(signedIn.user),
            "kind": .string(signedIn.kind.rawValue), "token": .string(signedIn.token),
            "idleEnds": .time(signedIn.idleEnd), "ends": .time(signedIn.session.end), "server": server.value,
            "keyService": await context.keyService.reading?.document(settings, isFull: mayAskKeyService)
                ?? .object(["kind": .string(settings.keyService.rawValue), "state": .string("offline")]),
            "calls": .strings(CallTable.names), "may": may.value,
        ])
    }

    /// Where S3 is for whoever sees this page: as the operator says, else on the host that the browser has asked.
    func s3Address(_ request: HTTPRequest) -> String {
        if let address = context.settings.serverAddress { return address }
        var host = Substring(request.head.header("host") ?? "localhost")
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") { host = host[..<colon] }
        return "\(request.connection.isTLS ? "https" : "http")://\(host):\(context.s3Port())"
    }
}
