/// The methods that routes are declared with.
package enum KESMethod: String, Sendable, CaseIterable {
    case get = "GET"
    case put = "PUT"
    case post = "POST"
    case delete = "DELETE"

    /// Whether a request with the method `name` is meant; what is declared PUT takes POST as well.
    package func accepts(_ name: String) -> Bool {
        name == rawValue || self == .put && name == "POST"
    }
}

/// The server's calls.
package enum KESRoute: String, Sendable, CaseIterable {
    case version = "/version"
    case ready = "/v1/ready"
    case status = "/v1/status"
    case metrics = "/v1/metrics"
    case api = "/v1/api"
    case createKey = "/v1/key/create/"
    case importKey = "/v1/key/import/"
    case describeKey = "/v1/key/describe/"
    case listKeys = "/v1/key/list/"
    case deleteKey = "/v1/key/delete/"
    case rotateKey = "/v1/key/rotate/"
    case generateKey = "/v1/key/generate/"
    case encrypt = "/v1/key/encrypt/"
    case decrypt = "/v1/key/decrypt/"
    case bulkDecrypt = "/v1/key/bulk/decrypt/"
    case hmac = "/v1/key/hmac/"
    case describePolicy = "/v1/policy/describe/"
    case readPolicy = "/v1/policy/read/"
    case listPolicies = "/v1/policy/list/"
    case describeIdentity = "/v1/identity/describe/"
    case listIdentities = "/v1/identity/list/"
    case selfDescribe = "/v1/identity/self/describe"
    case errorLog = "/v1/log/error"
    case auditLog = "/v1/log/audit"

    /// The path, with a slash at its end where an argument follows.
    package var path: String { rawValue }

    /// Whether a name or a pattern follows the path.
    package var hasArgument: Bool { path.utf8.last == UInt8(ascii: "/") }

    package var method: KESMethod {
        switch self {
        case .createKey, .importKey, .rotateKey, .generateKey, .encrypt, .decrypt, .hmac: .put
        case .bulkDecrypt: .post
        case .deleteKey: .delete
        case .version, .ready, .status, .metrics, .api, .describeKey, .listKeys, .describePolicy, .readPolicy,
            .listPolicies, .describeIdentity, .listIdentities, .selfDescribe, .errorLog, .auditLog:
            .get
        }
    }

    /// How long a request's body may be, in bytes; at zero it is not read.
    package var maxBody: Int {
        switch self {
        case .importKey, .generateKey, .encrypt, .decrypt, .bulkDecrypt, .hmac: 1_000_000
        case .version, .ready, .status, .metrics, .api, .createKey, .describeKey, .listKeys, .deleteKey, .rotateKey,
            .describePolicy, .readPolicy, .listPolicies, .describeIdentity, .listIdentities, .selfDescribe, .errorLog,
            .auditLog:
            0
        }
    }

    /// How long an answer may take; zero is without end.
    package var timeout: Duration {
        switch self {
        case .version, .api: .seconds(10)
        case .errorLog, .auditLog: .zero
        case .ready, .status, .metrics, .createKey, .importKey, .describeKey, .listKeys, .deleteKey, .rotateKey,
            .generateKey, .encrypt, .decrypt, .bulkDecrypt, .hmac, .describePolicy, .readPolicy, .listPolicies,
            .describeIdentity, .listIdentities, .selfDescribe:
            .seconds(15)
        }
    }

    /// Whether a policy has to allow it; the other two anybody may call.
    package var requiresPolicy: Bool { self != .version && self != .selfDescribe }

    /// Whether the last KES does not have it; such a route is not in the list that `/v1/api` answers.
    ///
    /// Rotation is ours. Bulk decryption went out of KES with its release of 2023-11, and is there for older clients.
    package var isExtension: Bool { self == .rotateKey || self == .bulkDecrypt }

    /// What `/v1/api` lists, sorted by path.
    package static let listed = allCases.filter { !$0.isExtension }.sorted {
        $0.path.utf8.lexicographicallyPrecedes($1.path.utf8)
    }

    /// What `/v1/api` says of it, with the settings in force.
    package func description(timeout: Duration) -> APIDescription {
        APIDescription(method: method.rawValue, path: path, maxBody: maxBody, timeout: Int(timeout.components.seconds))
    }
}
