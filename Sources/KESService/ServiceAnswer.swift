import Cryptography
import HTTPServer
import KESProtocol
import NIOCore

/// An answer as routes give it.
struct ServiceAnswer: Sendable {
    typealias Headers = [(name: String, value: String)]

    var status: Int
    var headers: Headers
    var body: ByteBuffer?

    private static let json: Headers = [("Content-Type", "application/json")]

    /// 200 without a body.
    static let empty = ServiceAnswer(status: 200, headers: [], body: nil)

    /// 200 with a document, whose bytes are wiped once they are in the answer; it wipes nothing of the document.
    init(_ document: some KESDocument) {
        var bytes = document.json
        defer { wipe(&bytes) }
        self.init(status: 200, headers: Self.json, body: ByteBuffer(bytes: bytes))
    }

    /// A refusal; `id` leads to what the log has about it.
    init(_ fault: KESFault, id: String) {
        self.init(
            status: fault.status, headers: [("Content-Type", "application/json"), ("X-Kes-Request-Id", id)],
            body: ByteBuffer(bytes: fault.body))
    }

    init(status: Int, headers: Headers, body: ByteBuffer?) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The answer to a path that no route has.
    static let notFound = ServiceAnswer(
        status: 404,
        headers: [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")],
        body: ByteBuffer(string: "404 page not found\n"))

    /// The answer to a target that is no path.
    static let malformed = ServiceAnswer(
        status: 400, headers: [("Content-Type", "text/plain; charset=utf-8")],
        body: ByteBuffer(string: "400 Bad Request"))

    /// The answer that sends a client to another form of the path; only for GET and HEAD it has a page.
    static func redirect(to location: String, method: String) -> ServiceAnswer {
        var answer = ServiceAnswer(status: 307, headers: [("Location", location)], body: nil)
        guard method == "GET" || method == "HEAD" else { return answer }
        answer.headers.append(("Content-Type", "text/html; charset=utf-8"))
        let link = location.replacing("&", with: "&amp;").replacing("\"", with: "&#34;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;").replacing("'", with: "&#39;")
        answer.body = ByteBuffer(string: "<a href=\"\(link)\">Temporary Redirect</a>.\n\n")
        return answer
    }

    var response: HTTPResponse {
        HTTPResponse(
            ResponseHead(status: status, headers: headers, contentLength: Int64(body?.readableBytes ?? 0)), body: body)
    }
}

/// A request's body, whole.
struct CallBody: Sendable {
    let bytes: ByteBuffer
    /// Whether the request has none at all, which is not the same as an empty one in chunks.
    let isAbsent: Bool

    static let absent = CallBody(bytes: ByteBuffer(), isAbsent: true)
}
