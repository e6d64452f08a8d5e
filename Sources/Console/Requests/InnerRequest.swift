import HTTPServer
import JSON
import NIOCore
import Notation
import S3Protocol

/// A request to S3 or to the administration as the console makes it.
struct InnerRequest: Sendable {
    let method: String
    private let path: String
    private var query: [(name: String, value: String?)]
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// Of a listing: whether it is to show how each object is encrypted.
    var listsEncryption = false

    /// To S3: to the service, a bucket, or an object.
    init(
        _ method: String, bucket: String? = nil, key: String? = nil, query: [(name: String, value: String?)] = []
    ) {
        self.method = method
        self.query = query
        var path: [UInt8] = [UInt8(ascii: "/")]
        if let bucket { Self.append(bucket, to: &path) }
        if let key {
            path.append(UInt8(ascii: "/"))
            Self.append(key, to: &path)
        }
        self.path = String(decoding: path, as: UTF8.self)
    }

    /// To the administration.
    init(_ method: String, administration path: String, query: [(name: String, value: String?)] = []) {
        self.method = method
        self.path = path
        self.query = query
    }

    /// Slashes stay: the path is split before it is decoded.
    ///
    /// Dots are escaped, which nothing on the way takes for steps.
    private static func append(_ text: String, to path: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "/"): path.append(byte)
            case UInt8(ascii: "."): PercentEncoding.appendEscape(byte, to: &path)
            default: PercentEncoding.append(byte, to: &path)
            }
        }
    }

    mutating func add(_ name: String, _ value: String?) {
        if let value { query.append((name, value)) }
    }

    mutating func addHeader(_ name: String, _ value: String?) {
        if let value { headers.append((name, value)) }
    }

    var target: String {
        guard !query.isEmpty else { return path }
        let pairs = query.map { name, value in
            PercentEncoding.encode(name) + (value.map { "=" + PercentEncoding.encode($0) } ?? "")
        }
        return path + "?" + pairs.joined(separator: "&")
    }
}

/// What such a request was answered with.
struct InnerAnswer: Sendable {
    let status: Int
    let headers: [(name: String, value: String)]
    let body: [UInt8]
    /// Bytes of the body; of an answer to HEAD those that a GET would have had.
    let contentLength: Int64?

    init(_ head: ResponseHead, _ body: ByteBuffer) {
        status = head.status
        headers = head.headers
        self.body = [UInt8](body.readableBytesView)
        contentLength = head.contentLength
    }

    func header(_ name: String) -> String? { headers.firstValue(of: name) }

    /// The document of S3.
    ///
    /// Milliseconds for a long one.
    func xml(_ root: String? = nil) throws(S3Error) -> XMLElement { try XMLReader.parse(body, root: root) }

    /// The document of the administration.
    func json() throws(ConsoleError) -> JSONValue {
        guard let value = JSONValue(body) else { throw ConsoleError(500, "InternalError", "The answer is no JSON.") }
        return value
    }

    var isRefusal: Bool { status >= 400 }

    /// What a refusal said, in S3's XML or the administration's JSON; of an answer to HEAD its status alone says it.
    var refusal: ConsoleError { ConsoleError(refusalOf: status, headers, body) }
}

extension ConsoleError {
    /// What an S3 or administration request was refused with.
    init(refusalOf status: Int, _ headers: [(name: String, value: String)], _ body: [UInt8]) {
        let (code, message, resource) = Self.parts(body) ?? Self.parts(ofStatus: status)
        self.init(status, code, message, headers: headers.filter { $0.name == "retry-after" })
        self.resource = resource
        requestID = headers.firstValue(of: "x-amz-request-id") ?? ""
    }

    private static func parts(_ body: [UInt8]) -> (code: String, message: String, resource: String)? {
        if body.first == UInt8(ascii: "{"), let json = JSONValue(body), let code = json["Code"]?.string {
            return (code, json["Message"]?.string ?? "", json["Resource"]?.string ?? "")
        }
        guard let xml = try? XMLReader.parse(body, root: "Error"), let code = try? xml.optionalText("Code") else {
            return nil
        }
        return (code, (try? xml.optionalText("Message")) ?? "", (try? xml.optionalText("Resource")) ?? "")
    }

    private static func parts(ofStatus status: Int) -> (code: String, message: String, resource: String) {
        switch status {
        case 400: ("InvalidRequest", "The request is not valid.", "")
        case 403: ("AccessDenied", S3Error(.accessDenied).message, "")
        case 404: ("NoSuchKey", S3Error(.noSuchKey).message, "")
        case 405: ("MethodNotAllowed", "It is a delete marker.", "")
        case 412: ("PreconditionFailed", S3Error(.preconditionFailed).message, "")
        case 416: ("InvalidRange", S3Error(.invalidRange).message, "")
        case 503: ("ServiceUnavailable", S3Error(.serviceUnavailable).message, "")
        default: ("InternalError", S3Error(.internalError).message, "")
        }
    }
}
