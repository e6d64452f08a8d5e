import AccessPolicy
import HTTPServer
import Notation
import Requests
import S3Protocol

/// What a request says about itself that bucket policies can ask for: only what its client has sent, and how.
struct S3RequestAttributes: RequestAttributes {
    let sender: SenderAttributes
    /// The operation's name in AWS's model.
    let operation: String

    private var head: RequestHead { sender.head }
    private var time: Int64 { sender.time }

    func ofForm(_ head: RequestHead, from principal: Principal) -> S3RequestAttributes {
        S3RequestAttributes(sender: sender.ofForm(head, from: principal), operation: operation)
    }

    func values(of key: ConditionKey, for action: Action) -> [String]? {
        if let name = key.header(for: action) {
            guard let value = head.header(name) else { return nil }
            return [key == .copySource ? Self.plainCopySource(value) : value]
        }
        if let tag = key.tag { return ofTag(tag, key, action).map { [$0] } }
        if key == .requestObjectTagKeys { return requestTags(action)?.map(\.key) }
        return ofWrite(key, action).map { [$0] } ?? sender.values(of: key, for: action)
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
