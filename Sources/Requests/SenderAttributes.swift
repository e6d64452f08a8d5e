package import AccessPolicy
package import HTTPServer
import Notation
package import S3Protocol

/// What every request says about who sends it, and how: only what its client has sent.
package struct SenderAttributes: RequestAttributes {
    /// What of the server's configuration is seen in it.
    package struct Setting: Sendable {
        package var region: String
        /// TLS is ended by a trusted proxy.
        package var trustsUpstreamTLS: Bool

        package init(region: String? = nil, trustsUpstreamTLS: Bool = false) {
            self.region = region ?? "us-east-1"
            self.trustsUpstreamTLS = trustsUpstreamTLS
        }
    }

    package let head: RequestHead
    /// `nil` where nothing of the signature can stand in it.
    package let target: RequestTarget?
    package let connection: ConnectionInfo
    package let principal: Principal
    package let scheme: AuthenticationScheme
    /// When the head arrived: milliseconds since 1970.
    package let time: Int64
    private let setting: Setting

    package init(
        head: RequestHead, target: RequestTarget?, connection: ConnectionInfo, principal: Principal,
        scheme: AuthenticationScheme, time: Int64, setting: Setting
    ) {
        self.head = head
        self.target = target
        self.connection = connection
        self.principal = principal
        self.scheme = scheme
        self.time = time
        self.setting = setting
    }

    /// The upload which a form asks for, in place of the form's own request.
    package func ofForm(_ head: RequestHead, from principal: Principal) -> SenderAttributes {
        SenderAttributes(
            head: head, target: target, connection: connection, principal: principal,
            scheme: principal.isAnonymous ? .anonymous : .postPolicy, time: time, setting: setting)
    }

    package func values(of key: ConditionKey, for action: Action) -> [String]? {
        if let value = ofSender(key) ?? ofSignature(key) { return [value] }
        guard case .account(let identity) = principal else { return nil }
        if key.name == "aws:groups" { return identity.groups.isEmpty ? nil : identity.groups }
        return key.name.hasPrefix("jwt:") ? identity.claims[String(key.name.dropFirst(4))] : nil
    }

    private func ofSender(_ key: ConditionKey) -> String? {
        switch key.name {
        case "aws:sourceip": connection.remoteAddress
        case "aws:securetransport": connection.isTLS || setting.trustsUpstreamTLS ? "true" : "false"
        case "aws:useragent": head.header("user-agent")
        case "aws:referer": head.header("referer")
        case "aws:currenttime": HTTPDate.iso8601(time)
        case "aws:epochtime": "\(time / 1000)"
        case "aws:requestedregion": setting.region
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
        case (.account(let identity), let name): Self.of(identity, name)
        default: nil
        }
    }

    /// Who acts for a user is that user, as MinIO has it: a policy with `${aws:username}` says the same of all its keys.
    private static func of(_ identity: Identity, _ name: String) -> String? {
        switch name {
        case "aws:principaltype": identity.kind == .session ? "AssumedRole" : identity.isOfRoot ? "Account" : "User"
        case "aws:userid": identity.isOfRoot ? Account.number : identity.owner
        case "aws:username": identity.isOfRoot ? nil : identity.owner
        case "aws:principalaccount": Account.number
        case "aws:principalarn": identity.arn
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
        case ("s3:signatureage", .v4Presigned): signatureAge(target?.queryValue("X-Amz-Date"))
        case ("s3:x-amz-content-sha256", .v4Presigned):
            target?.queryValue("X-Amz-Content-Sha256") ?? head.header("x-amz-content-sha256") ?? "UNSIGNED-PAYLOAD"
        case ("s3:x-amz-content-sha256", _): head.header("x-amz-content-sha256")
        default: nil
        }
    }

    /// Milliseconds since the request was signed.
    private func signatureAge(_ date: String?) -> String? {
        date.flatMap(HTTPDate.parse).map { "\(max(0, time - $0 * 1000))" }
    }
}
