import Console
import HTTPServer
import S3Service
import Synchronization

/// Hands what comes in at the console's port to the console, and browsers that come to S3's to it, too.
final class ConsoleDispatcher: HTTPHandler {
    private let main: RequestDispatcher
    private let console: ConsoleService
    private let settings: ServiceSettings
    /// Where browsers find the console, unless it is on this very host.
    private let redirectAddress: String?
    /// 0 until the server listens.
    private let port = Atomic(0)

    init(_ main: RequestDispatcher, _ console: ConsoleService, _ settings: ServiceSettings, redirectAddress: String?) {
        self.main = main
        self.console = console
        self.settings = settings
        self.redirectAddress = redirectAddress
    }

    func listens(on port: Int) { self.port.store(port, ordering: .releasing) }

    func answer(_ request: HTTPRequest) -> HTTPAnswer {
        let port = port.load(ordering: .relaxed)
        if request.connection.localPort == port { return console.answer(request) }
        guard request.head.target == "/", port != 0, isBrowser(request.head) else { return main.answer(request) }
        return .now(HTTPResponse(status: 307, headers: [("location", address(request, port)), ("vary", "accept")]))
    }

    func refused(_ refusal: HTTPRefusal) { main.refused(refusal) }

    /// Whether somebody has typed the address: no client of S3 asks for a page.
    private func isBrowser(_ head: RequestHead) -> Bool {
        head.method == "GET" && head.header("authorization") == nil
            && head.header("accept")?.contains("text/html") == true && !settings.namesBucket(head.header("host"))
    }

    private func address(_ request: HTTPRequest, _ port: Int) -> String {
        if let redirectAddress { return redirectAddress + "/" }
        var host = Substring(request.head.header("host") ?? "localhost")
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") { host = host[..<colon] }
        return "\(request.connection.isTLS ? "https" : "http")://\(host):\(port)/"
    }
}
