/// A call of the server's API, as clients and the server name it.
///
/// What the server makes of it is the matter of the server alone.
package struct KESRoute: Hashable, Sendable {
    package let method: KESMethod
    /// The path, with a slash at its end where an argument follows.
    package let path: String

    package init(_ method: KESMethod, _ path: String) {
        self.method = method
        self.path = path
    }

    /// Whether a name or a pattern follows the path.
    package var hasArgument: Bool { path.utf8.last == UInt8(ascii: "/") }
}

extension KESRoute {
    package static let version = KESRoute(.get, "/version")
    package static let ready = KESRoute(.get, "/v1/ready")
    package static let status = KESRoute(.get, "/v1/status")
    package static let metrics = KESRoute(.get, "/v1/metrics")
    package static let api = KESRoute(.get, "/v1/api")
    package static let createKey = KESRoute(.put, "/v1/key/create/")
    package static let importKey = KESRoute(.put, "/v1/key/import/")
    package static let describeKey = KESRoute(.get, "/v1/key/describe/")
    package static let listKeys = KESRoute(.get, "/v1/key/list/")
    package static let deleteKey = KESRoute(.delete, "/v1/key/delete/")
    /// Of Coffer alone.
    package static let rotateKey = KESRoute(.put, "/v1/key/rotate/")
    package static let generateKey = KESRoute(.put, "/v1/key/generate/")
    package static let encrypt = KESRoute(.put, "/v1/key/encrypt/")
    package static let decrypt = KESRoute(.put, "/v1/key/decrypt/")
    /// Of KES until its release of October 2023.
    package static let bulkDecrypt = KESRoute(.post, "/v1/key/bulk/decrypt/")
    package static let hmac = KESRoute(.put, "/v1/key/hmac/")
    package static let describePolicy = KESRoute(.get, "/v1/policy/describe/")
    package static let readPolicy = KESRoute(.get, "/v1/policy/read/")
    package static let listPolicies = KESRoute(.get, "/v1/policy/list/")
    package static let describeIdentity = KESRoute(.get, "/v1/identity/describe/")
    package static let listIdentities = KESRoute(.get, "/v1/identity/list/")
    package static let selfDescribe = KESRoute(.get, "/v1/identity/self/describe")
    package static let errorLog = KESRoute(.get, "/v1/log/error")
    package static let auditLog = KESRoute(.get, "/v1/log/audit")
}
