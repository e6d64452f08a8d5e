import AccessPolicy
import Cryptography
import HTTPServer
import JSON
import Notation
import Requests

/// A request as MinIO's audit records tell it, without what MinIO should not tell: signatures, tokens and keys.
enum AuditRecord {
    /// Whether a request is told of: all but health checks and successful scrapes.
    static func isTold(_ request: CompletedRequest) -> Bool {
        switch request.service {
        case .s3, .admin, .sts, .console, .http: true
        case .health: false
        case .metrics: request.status >= 400
        }
    }

    /// One JSON object without a line's end.
    ///
    /// - Parameters:
    ///   - deployment: the server's identifier.
    ///   - droppedBefore: records that were left out before this one.
    static func json(_ request: CompletedRequest, deployment: String, droppedBefore: Int = 0) -> [UInt8] {
        var json: [UInt8] = []
        json.reserveCapacity(2048)
        json.append("{")
        json.appendMember("version", text: "1")
        json.appendMember("deploymentid", text: deployment)
        json.appendMember("time", text: HTTPDate.iso8601(request.time + (request.duration ?? 0) / 1_000_000))
        json.appendMember("event", text: "")
        json.appendMember("trigger", text: "incoming")
        appendAPI(request, to: &json)
        json.appendMember("remotehost", text: request.remoteAddress)
        json.appendMember("requestID", text: request.id)
        json.appendMember("userAgent", unlessEmpty: request.userAgent ?? "")
        json.appendMember("requestPath", text: request.path)
        json.appendMember("requestHost", unlessEmpty: request.host ?? "")
        let query = request.loggedQuery
        if !query.isEmpty { append("requestQuery", query.map { ($0.name, [$0.value]) }, to: &json) }
        append("requestHeader", request.loggedHeaders.values, to: &json)
        append("responseHeader", request.loggedAnswer.values, to: &json)
        appendClaims(of: request.principal, to: &json)
        var tags: [(name: String, values: [String])] = []
        if droppedBefore > 0 { tags.append(("dropped-before", ["\(droppedBefore)"])) }
        let leftOut = request.objects.count - told(request.objects).count
        if leftOut > 0 { tags.append(("objects-left-out", ["\(leftOut)"])) }
        if !tags.isEmpty { append("tags", tags, to: &json) }
        json.appendMember("accessKey", unlessEmpty: request.principal?.accessKey ?? "")
        json.appendMember("parentUser", unlessEmpty: request.principal?.parent ?? "")
        json.appendMember("error", unlessEmpty: request.errorCode ?? "")
        json.append("}")
        return json
    }

    private static func appendAPI(_ request: CompletedRequest, to json: inout [UInt8]) {
        json.appendName("api")
        json.append("{")
        let name = request.operation.map { request.service == .s3 ? OperationNames.minIO($0) : $0 }
        json.appendMember("name", unlessEmpty: name ?? "")
        json.appendMember("bucket", unlessEmpty: request.bucket ?? "")
        // Of many, MinIO names the only one here too.
        let only = request.objects.count == 1 ? request.objects[0].key : nil
        json.appendMember("object", unlessEmpty: request.key ?? only ?? "")
        appendObjects(told(request.objects), to: &json)
        json.appendMember("status", text: ResponseHead.reason(request.status))
        json.appendMember("statusCode", integer: request.status)
        json.appendMember("rx", integer: request.bytesReceived)
        json.appendMember("tx", integer: request.bytesSent)
        if let time = request.timeToFirstByte {
            json.appendMember("timeToFirstByte", text: "\(time)ns")
            json.appendMember("timeToFirstByteInNS", text: "\(time)")
        }
        if let time = request.duration {
            json.appendMember("timeToResponse", text: "\(time)ns")
            json.appendMember("timeToResponseInNS", text: "\(time)")
        }
        json.append("}")
    }

    /// Bytes of the keys and version ids of one record: what is longer would crowd others out of the queue.
    private static let mostObjectBytes = 64 << 10

    private static func told(_ objects: [CompletedRequest.NamedObject]) -> ArraySlice<CompletedRequest.NamedObject> {
        var bytes = 0
        return objects.prefix { object in
            bytes += object.key.utf8.count + (object.versionID?.utf8.count ?? 0)
            return bytes <= mostObjectBytes
        }
    }

    private static func appendObjects(
        _ objects: ArraySlice<CompletedRequest.NamedObject>, to json: inout [UInt8]
    ) {
        guard !objects.isEmpty else { return }
        json.appendName("objects")
        json.append("[")
        for (index, object) in objects.enumerated() {
            json.append(index > 0 ? ",{" : "{")
            json.appendMember("objectName", text: object.key)
            json.appendMember("versionId", unlessEmpty: object.versionID ?? "")
            json.append("}")
        }
        json.append("]")
    }

    /// Of an access key or a session: for whom it acts, what a provider has said of it, and whether a policy narrows it.
    private static func appendClaims(of principal: Principal?, to json: inout [UInt8]) {
        guard case .account(let identity)? = principal, identity.kind != .user else { return }
        var claims: [(name: String, values: [String])] = [
            ("accessKey", [identity.accessKey]), ("parent", [identity.owner]),
        ]
        switch (identity.kind, identity.restriction) {
        case (.serviceAccount, let policy):
            claims.append(("sa-policy", [policy == nil ? "inherited-policy" : "embedded-policy"]))
        case (.session, let policy?): claims.append(("sessionPolicy", [Base64.encode(policy.document)]))
        case (.session, nil), (.user, _): break
        }
        claims += identity.claims.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        append("requestClaims", claims, to: &json)
    }

    /// A map whose values of one name are joined.
    private static func append(
        _ name: StaticString, _ pairs: [(name: String, values: [String])], to json: inout [UInt8]
    ) {
        var order: [String] = []
        var values: [String: [String]] = [:]
        for pair in pairs {
            if values[pair.name] == nil { order.append(pair.name) }
            values[pair.name, default: []] += pair.values
        }
        json.appendName(name)
        json.append("{")
        for (index, name) in order.enumerated() {
            if index > 0 { json.append(",") }
            JSONText.append(name, to: &json)
            json.append(":")
            JSONText.append((values[name] ?? []).joined(separator: ","), to: &json)
        }
        json.append("}")
    }
}
