import HTTPServer
import NIOCore
import Threading

/// Answers requests for the page and its parts: those in the program, made ready for the first visit, or those of a
/// directory.
final class Page: Sendable {
    private typealias Files = Result<PageFiles, BundleError>

    private let directory: String?
    private let ready = ShortLock<Files?>(nil)
    private let making = ShortLock<Task<Files, Never>?>(nil)

    init(directory: String?) {
        self.directory = directory
    }

    /// - Parameter path: `HASH/NAME`, or the name alone; nil for the page itself.
    func answer(_ request: HTTPRequest, _ path: String?) -> HTTPAnswer {
        guard request.head.method == "GET" || request.head.method == "HEAD" else {
            return .now(HTTPResponse(status: 405, headers: ConsoleHeaders.ofPage + [("allow", "GET, HEAD")]))
        }
        if let files = ready.withLock({ $0 }) { return .now(answer(request, path, files)) }
        return .later { response in await response.send(self.answer(request, path, await self.files)) }
    }

    /// Of a directory they are read anew each time: what was written just now is what is shown.
    private var files: Files {
        get async {
            let task = making.withLock { making -> Task<Files, Never> in
                if directory == nil, let making { return making }
                let task = Task { make() }
                making = task
                return task
            }
            return await task.value
        }
    }

    private func make() -> Files {
        do throws(BundleError) {
            if let directory { return .success(try PageFiles(PageSources.read(directory), isFixed: false)) }
            let files = try PageFiles(PageSources.embedded, isFixed: true)
            files.compress()
            ready.withLock { $0 = .success(files) }
            return .success(files)
        } catch {
            return .failure(error)
        }
    }

    private func answer(_ request: HTTPRequest, _ path: String?, _ made: Files) -> HTTPResponse {
        let files: PageFiles
        switch made {
        case .success(let found): files = found
        case .failure(let error): return Self.text(500, "The console's page is broken: \(error)\n")
        }
        guard let path else { return send(files.index, isImmutable: false, request) }
        let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
        if parts.count == 2, parts[0] == files.hash { return send(files[parts[1]], isImmutable: true, request) }
        return send(files[path], isImmutable: false, request)
    }

    private func send(_ file: PageFile?, isImmutable: Bool, _ request: HTTPRequest) -> HTTPResponse {
        guard let file else { return Self.text(404, "Not found\n") }
        var headers = ConsoleHeaders.ofPage
        headers.append(("content-type", file.type))
        headers.append(("cache-control", isImmutable ? "public, max-age=31536000, immutable" : "no-cache"))
        headers.append(("etag", "\"\(file.tag)\""))
        headers.append(("vary", "accept-encoding"))
        if request.head.headers(named: "if-none-match").contains(where: { $0.contains(file.tag) }) {
            return HTTPResponse(status: 304, headers: headers)
        }
        var bytes = file.bytes
        if request.head.headers(named: "accept-encoding").contains(where: { $0.contains("gzip") }),
            let compressed = file.compressed
        {
            headers.append(("content-encoding", "gzip"))
            bytes = compressed
        }
        let head = ResponseHead(status: 200, headers: headers, contentLength: Int64(bytes.count))
        return HTTPResponse(head, body: ByteBuffer(bytes: bytes))
    }

    private static func text(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(
            status: status, headers: ConsoleHeaders.ofPage + [("content-type", "text/plain; charset=utf-8")],
            body: Array(text.utf8))
    }
}
