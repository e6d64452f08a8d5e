import CConsoleAssets
import CLinux
import Cryptography
import Glibc
import HTTPServer
import NIOCore
import Threading

/// The page's files: those in the program, compressed once, or those of a directory.
final class Page: Sendable {
    private let directory: String?
    private let files: ShortLock<[String: PageFile]>
    /// Of all files: another content of any of them has another.
    private let hash: String

    init(directory: String?) {
        self.directory = directory
        let embedded = directory == nil ? Self.embedded : []
        let digest = Digest(.sha256)
        for file in embedded {
            digest.update(Array("\(file.name)\u{0}\(file.bytes.count)\u{0}".utf8))
            digest.update(file.bytes)
        }
        hash = String(Hex.encode(digest.finalize()).prefix(16))
        files = ShortLock(Dictionary(embedded.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }))
    }

    private static var embedded: [PageFile] {
        (0..<Int(coffer_console_asset_count)).compactMap { index in
            let asset = coffer_console_asset(index)
            guard let name = asset.name, let bytes = asset.bytes else { return nil }
            return PageFile(String(cString: name), Array(UnsafeBufferPointer(start: bytes, count: asset.count)))
        }
    }

    /// Compresses every file, so that no request waits for it: some ten milliseconds.
    func prepare() {
        for file in files.withLock({ Array($0.values) }) { _ = file.compressed }
        _ = index?.compressed
    }

    /// - Parameter path: `HASH/NAME`, or the name alone; nil for the page itself.
    func answer(_ request: HTTPRequest, _ path: String?) -> HTTPAnswer {
        guard request.head.method == "GET" || request.head.method == "HEAD" else {
            return .now(HTTPResponse(status: 405, headers: ConsoleHeaders.ofPage + [("allow", "GET, HEAD")]))
        }
        if let directory { return fromDirectory(directory, path ?? "index.html") }
        guard let path else { return send(index, isImmutable: false, request) }
        let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
        if parts.count == 2, parts[0] == hash { return send(file(parts[1]), isImmutable: true, request) }
        return send(file(path), isImmutable: false, request)
    }

    private func file(_ name: String) -> PageFile? {
        // The page itself is at its own address only.
        name == "index.html" ? nil : files.withLock { $0[name] }
    }

    /// The page with the addresses of its parts.
    private var index: PageFile? {
        files.withLock { files in
            if let made = files["/index"] { return made }
            guard let source = files["index.html"] else { return nil }
            let text = String(decoding: source.bytes, as: UTF8.self)
            let made = PageFile("index.html", Array(Self.replace("./assets/", "./assets/\(hash)/", in: text).utf8))
            files["/index"] = made
            return made
        }
    }

    private static func replace(_ text: String, _ other: String, in whole: String) -> String {
        var result = ""
        var rest = whole[...]
        while let range = rest.firstRange(of: text) {
            result += rest[..<range.lowerBound] + other
            rest = rest[range.upperBound...]
        }
        return result + rest
    }

    private func send(_ file: PageFile?, isImmutable: Bool, _ request: HTTPRequest) -> HTTPAnswer {
        guard let file else { return .now(Self.notFound) }
        var headers = ConsoleHeaders.ofPage
        headers.append(("content-type", file.type))
        headers.append(("cache-control", isImmutable ? "public, max-age=31536000, immutable" : "no-cache"))
        headers.append(("etag", "\"\(file.tag)\""))
        headers.append(("vary", "accept-encoding"))
        if request.head.headers(named: "if-none-match").contains(where: { $0.contains(file.tag) }) {
            return .now(HTTPResponse(status: 304, headers: headers))
        }
        var bytes = file.bytes
        if request.head.headers(named: "accept-encoding").contains(where: { $0.contains("gzip") }),
            let compressed = file.compressed
        {
            headers.append(("content-encoding", "gzip"))
            bytes = compressed
        }
        let head = ResponseHead(status: 200, headers: headers, contentLength: Int64(bytes.count))
        return .now(HTTPResponse(head, body: ByteBuffer(bytes: bytes)))
    }

    private static let notFound = HTTPResponse(
        status: 404, headers: ConsoleHeaders.ofPage + [("content-type", "text/plain")], body: Array("Not found\n".utf8))

    // MARK: For who works on the page

    /// Read anew each time: what was written just now is what is shown.
    private func fromDirectory(_ directory: String, _ path: String) -> HTTPAnswer {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.contains(where: { $0.isEmpty || $0 == ".." || $0 == "." || $0.contains("%") || $0.contains("\\") })
        else { return .now(Self.notFound) }
        return .later { response in
            guard let bytes = Self.read("\(directory)/\(path)") else { return await response.send(Self.notFound) }
            let headers =
                ConsoleHeaders.ofPage + [("content-type", PageFile.type(of: path)), ("cache-control", "no-store")]
            await response.send(
                ResponseHead(status: 200, headers: headers, contentLength: Int64(bytes.count)),
                body: ByteBuffer(bytes: bytes))
        }
    }

    private static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < 16 << 20 {
            let count = fread(&block, 1, block.count, file)
            guard count > 0 else { return ferror(file) == 0 ? bytes : nil }
            bytes += block[..<count]
        }
        return nil
    }
}
