package import HTTPClient

/// Why a call of an S3 server has no result.
package enum S3ClientError: Error, Sendable, CustomStringConvertible {
    /// The endpoint is not an `http://` or `https://` URL.
    case endpoint(String)
    case transport(HTTPClientError)
    /// The server refused: status, code and message of its error document, if it had one.
    case refused(status: Int, code: String, message: String)
    /// An answer that is none of S3's.
    case unreadable(String)
    /// What came is not what the server says it has stored.
    case damaged(String)
    /// A local file cannot be read or written.
    case file(path: String, errno: Int32)
    /// What was asked for cannot be done.
    case unsuitable(String)

    /// Whether the server knows no such bucket, object or setting.
    package var isNotFound: Bool {
        if case .refused(404, _, _) = self { true } else { false }
    }

    /// Whether it may be otherwise the next time.
    package var isPassing: Bool {
        switch self {
        case .refused(let status, _, _): status == 500 || (502...504).contains(status)
        case .transport(.connectionLost), .transport(.timedOut), .transport(.refused), .transport(.unreachable): true
        case .transport, .endpoint, .unreadable, .damaged, .file, .unsuitable: false
        }
    }

    package var description: String {
        switch self {
        case .endpoint(let text): "\(text): not an http:// or https:// URL"
        case .transport(let error): "\(error)"
        case .refused(let status, "", ""): "the server answered with status \(status)"
        case .refused(_, let code, let message): message.isEmpty ? code : "\(message) (\(code))"
        case .unreadable(let what), .damaged(let what), .unsuitable(let what): what
        case .file(let path, let number): "\(path): \(errorText(number))"
        }
    }
}
