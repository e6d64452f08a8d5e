package import Cryptography

/// Where the master keys are: a keyring file, one static key, or a key server.
///
/// Master keys never leave it. It hands out data keys, plain and wrapped, and unwraps them again. The context is bound
/// into the wrapping: a data key unwraps only under the context it was made with.
package protocol KeyService: Sendable {
    /// The key for whatever names none.
    var defaultKey: KeyID { get }

    /// A fresh 32-byte data key, plain and wrapped under `key` with `context` bound to it.
    ///
    /// Throws `keyNotFound`, or what kept the service from answering.
    func generateDataKey(under key: KeyID, context: KMSContext) async throws(KeyServiceError) -> GeneratedDataKey

    /// The data key that `wrapped` holds.
    ///
    /// Throws `notAuthentic` for another master key, another context or altered bytes alike, `keyNotFound`, or what kept
    /// the service from answering.
    func decryptDataKey(
        _ wrapped: [UInt8], under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> SecretKey

    /// Wraps a data key that exists already: it moves from one master key to another.
    ///
    /// What comes back is opened by ``decryptDataKey(_:under:context:)`` with the same key and context. Throws
    /// `keyNotFound`, or what kept the service from answering.
    func wrapDataKey(
        _ dataKey: SecretKey, under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> [UInt8]

    /// Whether `wrapped` was wrapped by a service that this one has followed, so that it still has to move.
    func isOfFormerService(
        _ wrapped: [UInt8], under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> Bool

    /// Makes a new master key; it is durable when this returns. Throws `keyExists` when there is one of that name.
    func createKey(_ key: KeyID) async throws(KeyServiceError)

    /// Takes in a master key that was made elsewhere; it is durable when this returns.
    ///
    /// Throws `keyExists` when there is one of that name, `notSupported` where the service takes none.
    func importKey(_ key: KeyID, _ bytes: SecretKey) async throws(KeyServiceError)

    /// Throws `keyNotFound` when there is none.
    func describeKey(_ key: KeyID) async throws(KeyServiceError) -> KeyDescription

    /// All keys, by name.
    func listKeys() async throws(KeyServiceError) -> [KeyDescription]

    /// Whether the service can be reached now. Never throws: not being reachable is an answer.
    func status() async -> KeyServiceStatus
}

extension KeyService {
    package func isOfFormerService(
        _ wrapped: [UInt8], under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> Bool { false }

    package func importKey(_ key: KeyID, _ bytes: SecretKey) async throws(KeyServiceError) {
        throw .notSupported("importing keys")
    }

    /// Whether there is a key of this name.
    package func hasKey(_ key: KeyID) async throws(KeyServiceError) -> Bool {
        do {
            _ = try await describeKey(key)
            return true
        } catch KeyServiceError.keyNotFound {
            return false
        }
    }
}

/// A data key in its two forms.
package struct GeneratedDataKey: Sendable {
    /// 32 bytes, for use now.
    package let plaintext: SecretKey
    /// What to store: 76 bytes from this module's services, up to 64 KiB from others.
    ///
    /// Opaque.
    package let wrapped: [UInt8]

    package init(plaintext: SecretKey, wrapped: [UInt8]) {
        self.plaintext = plaintext
        self.wrapped = wrapped
    }
}

/// What a key service tells about a master key.
package struct KeyDescription: Sendable {
    package let name: KeyID
    /// Milliseconds since 1970, `nil` when the service does not know.
    package let createdAt: Int64?
    /// The creator's identity, empty when there is none.
    package let createdBy: String

    package init(name: KeyID, createdAt: Int64?, createdBy: String) {
        self.name = name
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}

/// How a key service is, as administrators see it.
package struct KeyServiceStatus: Sendable {
    /// What kind of service it is, such as `Coffer keyring` or `MinIO builtin`.
    package let name: String
    package let endpoints: [(name: String, isOnline: Bool)]
    package let defaultKey: KeyID
    /// How long the service took to answer; `nil` when nothing was asked over a network, or nothing answered.
    package let latency: Duration?
    /// How the place is in which the service itself keeps its keys.
    package let keyStore: KeyStore

    package enum KeyStore: Sendable {
        case available
        case unavailable
        case unreachable
        /// The service does not say.
        case unknown
    }

    package init(
        name: String, endpoints: [(name: String, isOnline: Bool)], defaultKey: KeyID, latency: Duration?,
        keyStore: KeyStore = .available
    ) {
        self.keyStore = keyStore
        self.name = name
        self.endpoints = endpoints
        self.defaultKey = defaultKey
        self.latency = latency
    }
}

/// Why a key service did not do what it was asked.
package enum KeyServiceError: Error, Hashable, CustomStringConvertible {
    case keyNotFound(String)
    case keyExists(String)
    case invalidKeyID(String)
    /// The wrapped key, its context and the master key do not belong together.
    case notAuthentic
    case notAuthorized
    case notSupported(String)
    /// The service could not be asked, or failed; trying again later may help.
    case unavailable(String)

    package var description: String {
        switch self {
        case .keyNotFound(let name): "there is no key “\(name)”"
        case .keyExists(let name): "there is a key “\(name)” already"
        case .invalidKeyID(let name):
            "“\(name)” is not a key name: 1 to 80 letters, digits, “-” and “_”, neither beginning nor ending with “-”"
        case .notAuthentic: "the wrapped key is not authentic"
        case .notAuthorized: "the key service does not permit this"
        case .notSupported(let what): "not supported by this key service: \(what)"
        case .unavailable(let reason): "the key service is not available: \(reason)"
        }
    }
}
