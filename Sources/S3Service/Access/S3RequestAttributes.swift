import AccessPolicy
import HTTPServer
import Notation
import S3Protocol

/// What a request says about itself that bucket policies can ask for: only what its client has sent, and how.
struct S3RequestAttributes: RequestAttributes {
    let head: RequestHead
    let target: RequestTarget
    let connection: ConnectionInfo
    let principal: Principal
    let scheme: AuthenticationScheme
    let isSecure: Bool
    /// When the head arrived: milliseconds since 1970.
    let time: Int64
    /// The operation's name in AWS's model.
    let operation: String
    let region: String

    func ofForm(_ head: RequestHead, from principal: Principal) -> S3RequestAttributes {
        S3RequestAttributes(
            head: head, target: target, connection: connection, principal: principal,
            scheme: principal == .anonymous ? .anonymous : .postPolicy, isSecure: isSecure, time: time,
            operation: operation, region: region)
    }

    func values(of key: ConditionKey, for action: Action) -> [String]? {
        if let name = key.header(for: action) {
            guard let value = head.header(name) else { return nil }
            return [key == .copySource ? Self.plainCopySource(value) : value]
        }
        if let tag = key.tag { return ofTag(tag, key, action).map { [$0] } }
        if key == .requestObjectTagKeys { return requestTags(action)?.map(\.key) }
        return (ofSender(key) ?? ofSignature(key) ?? ofWrite(key, action)).map { [$0] }
    }

    // MARK: Every request

    private func ofSender(_ key: ConditionKey) -> String? {
        switch key.name {
        case "aws:sourceip": connection.remoteAddress
        case "aws:securetransport": isSecure ? "true" : "false"
        case "aws:useragent": head.header("user-agent")
        case "aws:referer": head.header("referer")
        case "aws:currenttime": HTTPDate.iso8601(time)
        case "aws:epochtime": "\(time / 1000)"
        case "aws:requestedregion": region
        case "aws:resourceaccount", "s3:resourceaccount": Account.number
        case "aws:principalisawsservice", "aws:viaawsservice": "false"
        case "s3:tlsversion": connection.tlsVersion
        default: ofPrincipal(key)
        }
    }

    private func ofPrincipal(_ key: ConditionKey) -> String? {
        switch (principal, key.name) {
        case (.root, "aws:principaltype"): "Account"
        case (.root, "aws:userid"), (.root, "aws:principalaccount"): Account.number
        case (.root, "aws:principalarn"): Account.rootARN
        case (.anonymous, "aws:principaltype"): "Anonymous"
        case (.anonymous, "aws:userid"): "anonymous"
        default: nil
        }
    }

    private func ofSignature(_ key: ConditionKey) -> String? {
        switch (key.name, scheme) {
        case ("s3:authtype", .v4Header), ("s3:authtype", .v2Header): "REST-HEADER"
        case ("s3:authtype", .v4Presigned), ("s3:authtype", .v2Presigned): "REST-QUERY-STRING"
        case ("s3:authtype", .postPolicy): "POST"
        case ("s3:signatureversion", .v4Header), ("s3:signatureversion", .v4Presigned),
            ("s3:signatureversion", .postPolicy):
            "AWS4-HMAC-SHA256"
        case ("s3:signatureversion", .v2Header), ("s3:signatureversion", .v2Presigned): "AWS"
        case ("s3:signatureage", .v4Header):
            signatureAge(head.header("x-amz-date") ?? head.header("date"))
        case ("s3:signatureage", .v4Presigned): signatureAge(target.queryValue("X-Amz-Date"))
        case ("s3:x-amz-content-sha256", .v4Presigned):
            target.queryValue("X-Amz-Content-Sha256") ?? head.header("x-amz-content-sha256") ?? "UNSIGNED-PAYLOAD"
        case ("s3:x-amz-content-sha256", _): head.header("x-amz-content-sha256")
        default: nil
        }
    }

    /// Milliseconds since the request was signed.
    private func signatureAge(_ date: String?) -> String? {
        date.flatMap(HTTPDate.parse).map { "\(max(0, time - $0 * 1000))" }
    }

    // MARK: Writes

    private func ofWrite(_ key: ConditionKey, _ action: Action) -> String? {
        switch (key.name, action) {
        case ("s3:if-match", .putObject), ("s3:if-match", .deleteObject), ("s3:if-match", .deleteObjectVersion):
            head.header("if-match")
        case ("s3:if-none-match", .putObject): head.header("if-none-match")
        case ("s3:objectcreationoperation", .putObject):
            // A part of an upload is no object yet, and conditions on objects cannot be met with it.
            operation == "UploadPart" || operation == "UploadPartCopy" || operation == "CreateMultipartUpload"
                ? "false" : "true"
        case ("s3:object-lock-mode", .putObject): head.header("x-amz-object-lock-mode")
        case ("s3:object-lock-legal-hold", .putObject): head.header("x-amz-object-lock-legal-hold")
        case ("s3:object-lock-retain-until-date", .putObject): head.header("x-amz-object-lock-retain-until-date")
        case ("s3:object-lock-remaining-retention-days", .putObject):
            head.header("x-amz-object-lock-retain-until-date").flatMap(HTTPDate.parse)
                .map { "\(max(0, $0 - time / 1000) / 86_400)" }
        default: nil
        }
    }

    private func ofTag(_ tag: String, _ key: ConditionKey, _ action: Action) -> String? {
        guard key == .requestObjectTag(tag) else { return nil }
        return requestTags(action)?.first { $0.key.hasSameBytes(as: tag) }?.value
    }

    private func requestTags(_ action: Action) -> [(key: String, value: String)]? {
        guard action == .putObject || action == .putObjectTagging, let header = head.header("x-amz-tagging") else {
            return nil
        }
        return try? ObjectTags(header: header).pairs
    }

    /// `bucket/key`, decoded and without a version: as policies write it, whichever way the client has.
    private static func plainCopySource(_ value: String) -> String {
        let path = value.prefix { $0 != "?" }
        let decoded = (try? PercentEncoding.decode(String(path))) ?? String(path)
        return decoded.hasPrefix("/") ? String(decoded.dropFirst()) : decoded
    }
}
