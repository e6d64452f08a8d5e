import HTTPServer
import JSON
import NIOCore
import S3Protocol

/// Objects: listed, looked at, shown and given out.
enum ObjectCalls {
    static let routes = [
        CallRoute("GET objects", ["b", "prefix", "after", "limit", "flat", "versions", "at"], ListObjectsCall.perform),
        CallRoute("GET object", ["b", "k", "v"], GetObjectCall.perform),
        CallRoute("GET object/proof", ["b", "k", "v"], ProofCall.perform),
        CallRoute("GET search", ["b", "prefix", "q", "limit"], SearchCall.perform),
        CallRoute("GET preview", ["b", "k", "v"], preview),
        CallRoute("GET download", ["b", "k", "v"], download),
    ]

    private static func preview(_ call: Call) async throws {
        let key = try call.required("k")
        try await call.pass(try read(call)) { answer in
            guard answer.head.status < 300 else { return refusal(answer) }
            let shown = Preview(key: key, type: answer.head.headers.firstValue(of: "content-type"))
            guard let shown else { return attachment(answer, key) }
            return content(
                answer, [("content-type", shown.type), ("content-disposition", "inline")],
                shown.kind == .pdf ? ConsoleHeaders.sandboxOfPDF : ConsoleHeaders.sandbox)
        }
    }

    private static func download(_ call: Call) async throws {
        let key = try call.required("k")
        try await call.pass(try read(call)) { answer in
            answer.head.status < 300 ? attachment(answer, key) : refusal(answer)
        }
    }

    private static func read(_ call: Call) throws -> InnerRequest {
        var request = InnerRequest("GET", bucket: try call.required("b"), key: try call.required("k"))
        request.add("versionId", call.parameter("v"))
        for name in ["range", "if-range", "if-none-match"] { request.addHeader(name, call.request.head.header(name)) }
        CustomerKeyPassing.add(call.request.head, to: &request)
        return request
    }

    /// What is not to be shown: the browser may keep it, and nothing else.
    private static func attachment(_ answer: HTTPResponse, _ key: String) -> HTTPResponse {
        content(
            answer,
            [("content-type", "application/octet-stream"), ("content-disposition", FileName.attachment(of: key))],
            ConsoleHeaders.sandbox)
    }

    /// An answer of S3's with other headers: of those that it had, only what is about the bytes stays.
    private static func content(
        _ answer: HTTPResponse, _ headers: [(name: String, value: String)], _ policy: String
    ) -> HTTPResponse {
        let kept = ["etag", "last-modified", "accept-ranges", "content-range", "content-encoding", "x-amz-request-id"]
        var answer = answer
        answer.head.headers =
            ConsoleHeaders.object(policy) + answer.head.headers.filter { kept.contains($0.name) } + headers
        return answer
    }

    /// A refusal, or that nothing has changed.
    static func refusal(_ answer: HTTPResponse) -> HTTPResponse {
        guard answer.head.status >= 400 else {
            var answer = answer
            answer.head.headers = ConsoleHeaders.ofCalls + answer.head.headers.filter { $0.name == "etag" }
            return answer
        }
        let body = answer.body.map { [UInt8]($0.readableBytesView) } ?? []
        return ConsoleHeaders.refusal(ConsoleError(refusalOf: answer.head.status, answer.head.headers, body))
    }
}

/// The headers of a customer's key, of which the secret one goes along by itself.
enum CustomerKeyPassing {
    static func add(_ head: RequestHead, to request: inout InnerRequest) {
        for (name, value) in head.headers where name.hasPrefix("x-amz-server-side-encryption-customer-") {
            request.addHeader(name, value)
        }
    }
}
