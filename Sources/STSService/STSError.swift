import Accounts
import HTTPServer
import Requests
import S3Protocol

/// A refusal or failure in this service's words.
struct STSError: Error {
    enum Code: String {
        case accessDenied = "AccessDenied"
        case invalidParameterValue = "InvalidParameterValue"
        case malformedPolicyDocument = "MalformedPolicyDocument"
        case missingParameter = "MissingParameter"
        case expiredToken = "ExpiredToken"
        case invalidIdentityToken = "InvalidIdentityToken"
        case insecureConnection = "InsecureConnection"
        case invalidClientCertificate = "InvalidClientCertificate"
        case tooManyIntermediateCAs = "TooManyIntermediateCAs"
        case notInitialized = "STSNotInitialized"
        case accountsNotInitialized = "STSIAMNotInitialized"
        case throttling = "Throttling"
        case internalError = "InternalError"
    }

    let code: Code
    let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    var status: Int {
        switch code {
        case .accessDenied: 403
        case .invalidParameterValue, .malformedPolicyDocument, .missingParameter, .expiredToken, .throttling,
            .invalidIdentityToken, .insecureConnection, .invalidClientCertificate, .tooManyIntermediateCAs:
            400
        case .notInitialized, .accountsNotInitialized: 503
        case .internalError: 500
        }
    }

    /// Whatever keeps a caller from being known is `AccessDenied`, and its message says what.
    init(_ error: any Error) {
        if let error = error as? STSError {
            self = error
            return
        }
        if case AccountError.limitReached(let what)? = error as? AccountError {
            self.init(.throttling, "There are too many \(what).")
            return
        }
        let refusal = s3Error(for: error)
        switch refusal.status {
        case 503: self.init(.accountsNotInitialized, refusal.message)
        case 500...: self.init(.internalError, S3Error(.internalError).message)
        default:
            self.init(
                refusal.code == .maxMessageLengthExceeded ? .invalidParameterValue : .accessDenied, refusal.message)
        }
    }

    /// For the log, which knows S3's codes.
    var asS3: S3Error {
        switch code {
        case .accessDenied: S3Error(.accessDenied, message)
        case .expiredToken: S3Error(.expiredToken, message)
        case .invalidParameterValue, .malformedPolicyDocument, .missingParameter, .invalidIdentityToken,
            .insecureConnection, .invalidClientCertificate, .tooManyIntermediateCAs:
            S3Error(.invalidArgument, message)
        case .throttling: S3Error(.slowDown, message)
        case .notInitialized: S3Error(.notImplemented, message)
        case .accountsNotInitialized: S3Error(.serviceUnavailable, message)
        case .internalError: S3Error(.internalError)
        }
    }

    /// As much of what a client has written as belongs into a message.
    static func shown(_ text: String) -> String { "'\(String(decoding: text.utf8.prefix(64), as: UTF8.self))'" }
}
