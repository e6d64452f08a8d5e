import JSON

/// Users, groups, policies and access keys, by the administration's own operations.
enum IdentityCalls {
    static let routes = UserCalls.routes + GroupCalls.routes + PolicyCalls.routes + AccessKeyCalls.routes

    /// The place of an operation of the administration.
    static func request(
        _ method: String, _ operation: String, _ query: [(name: String, value: String?)] = [], body: JSONValue? = nil
    ) -> InnerRequest {
        var request = InnerRequest(method, administration: "/minio/admin/v3/\(operation)", query: query)
        if let body { request.body = body.bytes }
        return request
    }

    /// Names that one text has, by commas.
    static func names(_ text: String?) -> JSONValue {
        .strings((text ?? "").split(separator: ",").map(String.init))
    }

    static func strings(_ value: JSONValue?) -> JSONValue { .array(value?.elements ?? []) }

    static func isEnabled(_ value: JSONValue?) -> JSONValue {
        .bool(value?.string == "enabled" || value?.string == "on")
    }
}
