import AccessPolicy
import HTTPServer
import Requests
import S3Protocol

/// One operation of administration: where it answers, what it takes, who may ask for it, and what it does.
///
/// A request meets them in that order: route, signature, rights, parameters, body, ``perform(_:in:_:)``.
protocol AdminOperation: Sendable {
    /// MinIO's name of it, as logs and audit records have it; the type's name unless that is said.
    static var name: String { get }

    /// `METHOD /path`, today's first, then older aliases; a component in braces, such as `{tier}`, stands for any one.
    static var routes: [String] { get }

    /// Query parameters that a request must have, if with empty values; none unless that is said.
    static var required: [String] { get }

    /// Query parameters that it may have besides.
    ///
    /// One that is in neither list is passed over in a GET, and refused in any other request: what it would mean nobody
    /// knows.
    static var optional: [String] { get }

    /// None unless that is said.
    static var body: AdminBody { get }

    /// The rights that the request needs, by its path and its parameters.
    ///
    /// What depends on its body is demanded by ``AdminRequest/require(_:)`` once that is read.
    static func demands(_ request: AdminRequest) throws -> AdminDemands

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws
}

extension AdminOperation {
    // `String(describing:)` looks through all conformances of the program for how each of a hundred types is described.
    static var name: String { _typeName(Self.self, qualified: false) }
    static var required: [String] { [] }
    static var optional: [String] { [] }
    static var body: AdminBody { .none }
}

/// What a request may have for a body, with the most bytes of it.
enum AdminBody: Hashable, Sendable {
    /// Nothing that is read; `mc` sends empty ones in chunks.
    case none
    case json(limit: Int)
    /// Any text or bytes.
    case plain(limit: Int)
    /// Encrypted with the secret key of the request's signature, see ``EncryptedBody``: MinIO's limit.
    case encrypted
    /// An archive that is read as a whole, of the type that it says it is.
    case archive(limit: Int)

    /// Bytes that are taken from the client.
    var limit: Int {
        switch self {
        case .none: 64 * 1024
        case .json(let limit), .plain(let limit), .archive(let limit): limit
        case .encrypted: 262_272
        }
    }

    /// The refusal of what is longer.
    var tooLarge: S3Error {
        switch self {
        case .none, .plain, .archive: S3Error(.entityTooLarge, "The request's body has more than \(limit) bytes.")
        case .json, .encrypted:
            S3Error(.xMinioAdminConfigTooLarge, "The request's body has more than \(limit) bytes.")
        }
    }
}
