/// A refusal or failure as the client will see it: a code, a text for people, and what else the answer carries.
///
/// Everything below `S3Service` that knows the protocol throws this; errors of other modules are mapped to it there.
package struct S3Error: Error, Sendable {
    package let code: S3ErrorCode
    /// The text of `<Message>`; the code's default unless the place that failed knew better.
    package var message: String
    /// The HTTP status of the answer.
    ///
    /// A few codes are sent with more than one: `AccessDenied` is 400 for a request that cannot be judged and 403 for one
    /// that was.
    package var status: Int
    /// Further children of `<Error>` in order, such as `Region` or `ActualObjectSize`.
    package var details: [(name: String, value: String)]
    /// Further headers of the answer with lower-case names, such as `retry-after`.
    package var headers: [(name: String, value: String)]

    package init(
        _ code: S3ErrorCode, _ message: String? = nil, status: Int? = nil,
        details: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = []
    ) {
        self.code = code
        self.message = message ?? code.defaultMessage
        self.status = status ?? code.httpStatus
        self.details = details
        self.headers = headers
    }
}

/// An error that knows what a request is to be answered with for it.
package protocol RefusalConvertible: Error {
    var refusal: S3Error { get }
}

extension S3Error: Hashable {
    /// Errors are equal by what a client can decide on: code and status.
    package static func == (one: S3Error, other: S3Error) -> Bool {
        one.code == other.code && one.status == other.status
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(status)
    }
}

extension S3Error: CustomStringConvertible {
    package var description: String { "\(code.rawValue) (\(status)): \(message)" }
}
