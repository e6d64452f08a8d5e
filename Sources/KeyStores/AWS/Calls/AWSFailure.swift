import JSON

/// How a service of AWS refuses a call.
struct AWSFailure: Error, Sendable {
    static let codeHeader = "x-amzn-errortype"
    static let throttling: Set<String> = [
        "ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded",
        "PriorRequestNotComplete", "SlowDown",
    ]

    let service: String
    /// As rights are called: `secretsmanager:GetSecretValue`.
    let action: String
    let status: Int
    /// Such as `ResourceNotFoundException`; empty where the answer has none.
    let code: String
    let message: String

    init(_ answer: StoreAnswer, of kind: AWSService.Kind, _ operation: String) {
        service = kind.title
        action = "\(kind.rawValue):\(operation)"
        status = answer.status
        code = Self.code(of: answer)
        let json = answer.json
        message = Self.readable(json?["message"]?.string ?? json?["Message"]?.string ?? "")
    }

    /// From `__type` or the header, in which a namespace may come before it and a URL behind it; empty without one.
    static func code(of answer: StoreAnswer) -> String {
        let text = answer.json?["__type"]?.string ?? answer.header(codeHeader) ?? ""
        let name = text.split(separator: "#").last ?? ""
        return String(name.prefix { $0 != ":" })
    }

    /// Without what AWS repeats of the request, which may be a session token.
    static func readable(_ message: String) -> String {
        let cuts = ["The Canonical String", "The String-to-Sign"]
        var kept = message[...]
        for cut in cuts {
            if let range = kept.firstRange(of: cut) { kept = kept[..<range.lowerBound] }
        }
        return String(kept.prefix(500).map { $0.isNewline ? " " : $0 })
    }

    /// The time of the signature may be what is refused.
    var mayBeSkew: Bool {
        switch code {
        case "InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "RequestExpired",
            "RequestInTheFuture":
            true
        default: false
        }
    }

    /// Other credentials may be accepted: these are unknown, or have ended.
    var refusesCredentials: Bool {
        switch code {
        case "ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException", "InvalidClientTokenId",
            "InvalidClientTokenIdException", "InvalidAccessKeyId", "InvalidSignatureException", "SignatureDoesNotMatch":
            true
        default: false
        }
    }

    /// What is wrong with the service, or with the rights of who signs.
    var error: KeyStoreError {
        let said = [code, message].filter { !$0.isEmpty }.joined(separator: ": ")
        let refusal = "\(service) refused \(action) (status \(status))\(said.isEmpty ? "" : ": \(said)")"
        switch code {
        case "AccessDeniedException", "AccessDenied":
            return .notAuthorized("\(refusal); the identity that signs needs the right \(action) in AWS")
        case "DecryptionFailure":
            return .notAuthorized("\(refusal); the identity that signs needs kms:Decrypt for the secret's KMS key")
        case "EncryptionFailure":
            return .notAuthorized("\(refusal); the identity that signs needs kms:GenerateDataKey for the KMS key")
        case _ where refusesCredentials || status == 401 || status == 403:
            return .notAuthorized("\(refusal); AWS does not accept the credentials, or they may not do this")
        default: return .unavailable(refusal)
        }
    }
}
