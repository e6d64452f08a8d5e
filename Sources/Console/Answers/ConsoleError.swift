import HTTPServer
import JSON
import NIOCore
import Requests
import S3Protocol

/// A refusal or failure as the page is told it.
struct ConsoleError: Error, Sendable {
    var status: Int
    var code: String
    var message: String
    /// `/bucket/key`, or the call.
    var resource = ""
    /// Under which it stands in logs; empty until there is one.
    var requestID = ""
    /// What the key service said, where that is what fails.
    var cause: String?
    var headers: [(name: String, value: String)] = []

    init(_ status: Int, _ code: String, _ message: String, headers: [(name: String, value: String)] = []) {
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
    }

    init(_ error: S3Error) {
        self.init(error.status, error.code.rawValue, error.message, headers: error.headers)
    }

    /// What was thrown on the way to an answer.
    init(of error: any Error) {
        switch error {
        case let error as ConsoleError: self = error
        case let error as JSONMemberError: self = .invalid(error.description)
        case BodyError.tooLarge: self = .tooLarge
        case ResponseError.tooLong:
            self.init(500, "InternalError", "The answer is longer than the console can take.")
        default: self.init(s3Error(for: error))
        }
    }

    static let invalidLogin = ConsoleError(401, "InvalidLogin", "The access key or the secret key is not right.")
    static let noSession = ConsoleError(401, "NoSession", "There is no session, or it has ended: log in.")
    static let tokenRequired = ConsoleError(
        403, "TokenRequired", "The request lacks the session's token (X-Coffer-Token), or has another's.")
    static let crossSite = ConsoleError(403, "CrossSite", "Another site's page has made the request.")
    static let noSuchCall = ConsoleError(404, "NoSuchCall", "There is no such call.")
    static let tooLarge = ConsoleError(413, "TooLarge", "The request's body is too long.")

    static func methodNotAllowed(_ methods: [String]) -> ConsoleError {
        ConsoleError(
            405, "MethodNotAllowed", "The call has no such method.",
            headers: [("allow", methods.sorted().joined(separator: ", "))])
    }

    static func tooManyLogins(seconds: Int64) -> ConsoleError {
        ConsoleError(
            429, "TooManyLogins", "Too many wrong logins: try again in \(seconds) s.",
            headers: [("retry-after", "\(seconds)")])
    }

    static func invalid(_ message: String) -> ConsoleError { ConsoleError(400, "InvalidRequest", message) }

    static func busy(_ what: String) -> ConsoleError {
        ConsoleError(503, "Busy", "There are too many \(what) at once.", headers: [("retry-after", "5")])
    }

    /// The document that tells it: an object with the one member `error`.
    var document: JSONValue {
        var error = JSONObject()
        error["code"] = .string(code)
        error["message"] = .string(message)
        error["resource"] = .string(resource)
        error["requestId"] = .string(requestID)
        error["cause"] = cause.map { .string($0) }
        return .object(JSONObject(["error": error.value]).members)
    }
}
