import AccessPolicy
import FoundationEssentials
import HTTPServer
import KeyManagement
import NIOCore
import Requests
import S3Protocol
import SealedStorage

/// One operation of administration.
protocol AdminOperation: Sendable {
    /// `METHOD /path`, today's first, then older aliases.
    static var routes: [String] { get }

    /// The rights that performing it needs, all of them; never none.
    static func demands(_ request: AdminRequest) -> [Demand]

    static func perform(_ request: AdminRequest, on drive: SealedDrive, _ reply: AdminReply) async throws
}

/// An authenticated request.
struct AdminRequest: Sendable {
    /// Bytes of a body, all of which have none yet.
    static let bodyLimit = 64 * 1024

    let target: RequestTarget
    let payload: PayloadVerification

    /// A parameter that must be there, even if empty.
    func required(_ name: String) throws(S3Error) -> String {
        guard let value = target.queryValue(name) else {
            throw S3Error(.invalidRequest, "The query parameter '\(name)' is missing.")
        }
        return value
    }

    /// The key that a parameter names; `defaultKey` when it is empty or missing.
    func key(_ name: String, else defaultKey: KeyID) throws -> KeyID {
        guard let text = target.queryValue(name), !text.isEmpty else { return defaultKey }
        return try KeyID(text)
    }
}
