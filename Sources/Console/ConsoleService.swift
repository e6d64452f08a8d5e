import Cryptography
package import HTTPServer
import JSON
import NIOCore
import Requests
import S3Protocol
import SealedStorage

/// Answers the browser: the page, and the calls that it makes.
package final class ConsoleService: HTTPHandler {
    private let context: ConsoleContext
    private let page: Page
    private let login: LoginCalls

    package init(context: ConsoleContext) {
        self.context = context
        page = Page(directory: context.settings.assetsDirectory)
        login = LoginCalls(context: context)
    }

    package func answer(_ request: HTTPRequest) -> HTTPAnswer {
        let target = request.head.originForm
        let path = ConsolePath(target, under: context.settings.publicPath)
        switch path {
        case .redirect(let location):
            return .now(HTTPResponse(status: 302, headers: ConsoleHeaders.ofPage + [("location", location)]))
        case .page: return page.answer(request, nil)
        case .file(let name): return page.answer(request, name)
        case .call(let name):
            return .later { response in await self.answer(request, name, response) }
        }
    }

    /// Keeps the sessions, until it is cancelled.
    package func run() async { await context.run() }

    // MARK: Calls

    private func answer(_ request: HTTPRequest, _ name: String, _ response: ResponseWriter) async {
        do {
            try await perform(request, name, response)
        } catch ResponseError.disconnected {
            response.abort()
        } catch is CancellationError {
            response.abort()
        } catch {
            // What has begun does not become an error document any more.
            guard !response.hasStarted else { return response.abort() }
            await response.send(ConsoleHeaders.refusal(await refusal(error, request, name)))
        }
    }

    /// Who is not logged in learns of no call whether it exists.
    private func perform(_ request: HTTPRequest, _ name: String, _ response: ResponseWriter) async throws {
        let method = request.head.method
        let isRead = method == "GET" || method == "HEAD"
        if !isRead { try Self.requireOwnPage(request.head) }
        switch "\(method) \(name)" {
        case "POST login": return try await login.login(request, response)
        case "GET session": return try await login.session(request, response)
        default: break
        }
        guard let signedIn = try await login.signedIn(request) else { throw ConsoleError.noSession }
        if !isRead {
            guard Self.hasToken(request.head, of: signedIn) else { throw ConsoleError.tokenRequired }
        }
        if method == "POST", name == "logout" { return try await login.logout(request, signedIn, response) }
        let route = try CallTable.route(method, name)
        let target = try RequestTarget(request.head.target)
        try await route.perform(try Call(context, request, target, route, signedIn, response))
    }

    /// Refuses what another site's page, or one of another port of this host, has the browser send.
    private static func requireOwnPage(_ head: RequestHead) throws(ConsoleError) {
        switch head.header("sec-fetch-site") {
        case nil, "same-origin", "none": return
        default: throw .crossSite
        }
    }

    private static func hasToken(_ head: RequestHead, of signedIn: SignedIn) -> Bool {
        guard let token = head.header("x-coffer-token") else { return false }
        return constantTimeEqual(Array(token.utf8), Array(signedIn.token.utf8))
    }

    /// What is said of a failure, under the id that the logs have it by.
    private func refusal(_ error: any Error, _ request: HTTPRequest, _ name: String) async -> ConsoleError {
        var refusal = ConsoleError(of: error)
        if refusal.requestID.isEmpty {
            let record = context.pipeline.begin(request, .console)
            record.operation = (try? CallTable.route(request.head.method, name))?.name
            let code: S3ErrorCode = refusal.status >= 500 ? .internalError : .accessDenied
            context.pipeline.note(error, S3Error(code, refusal.message, status: refusal.status), record)
            record.errorCode = refusal.code
            refusal.requestID = record.id
            _ = context.pipeline.answer(ConsoleHeaders.refusal(refusal), record)
        }
        if refusal.resource.isEmpty { refusal.resource = String(name.prefix(128)) }
        if refusal.status >= 500, refusal.cause == nil { refusal.cause = await context.keyService.cause }
        return refusal
    }
}
