import AccessPolicy
import Cryptography
import FoundationEssentials
import HTTPServer
import JSON
import KeyManagement
import NIOCore
import Requests
import S3Protocol

/// An authenticated request.
struct AdminRequest: Sendable {
    let target: RequestTarget
    let principal: Principal
    /// What stands in the path for the components in braces of the route.
    let pathValues: [String: String]
    /// What the request was signed with.
    let secret: SecretString?
    /// The body, decrypted where it came encrypted; empty until the rights are checked.
    private(set) var body: [UInt8] = []
    private let bodyKind: AdminBody
    private let record: RequestRecord
    private let pipeline: RequestPipeline

    init(
        _ target: RequestTarget, _ pathValues: [String: String], principal: Principal, secret: SecretString?,
        body: AdminBody, _ record: RequestRecord, _ pipeline: RequestPipeline
    ) {
        self.target = target
        self.pathValues = pathValues
        self.principal = principal
        self.secret = secret
        bodyKind = body
        self.record = record
        self.pipeline = pipeline
    }

    var head: RequestHead { record.head }
    var connection: ConnectionInfo { record.connection }
    /// When it arrived: milliseconds since 1970.
    var time: Int64 { record.time }

    /// Whether this process makes it: nobody could read what goes to and fro.
    var isInProcess: Bool { record.caller != nil }

    /// What a bucket's setting must still be when a change of it is committed; `nil` for any.
    var expectation: SettingExpectation? { record.caller?.expectation }

    /// Whether it came to one of the addresses below `/minio/admin/` that keys had before they had their own.
    var isOfOldAddress: Bool { target.rawPath.hasPrefix("/minio/admin/") }

    // MARK: Parameters

    /// The first value of a query parameter; `nil` when it is missing.
    func value(_ name: String) -> String? { target.queryValue(name) }

    /// As ``value(_:)``, `nil` too when it is empty.
    func nonEmpty(_ name: String) -> String? { target.queryValue(name).flatMap { $0.isEmpty ? nil : $0 } }

    /// All values of a query parameter, in their order.
    func values(_ name: String) -> [String] {
        target.query.compactMap { $0.name == name ? $0.value : nil }
    }

    /// A parameter that must be there, even if empty.
    func required(_ name: String) throws(S3Error) -> String {
        guard let value = target.queryValue(name) else {
            throw S3Error(.invalidRequest, "The query parameter '\(name)' is missing.")
        }
        return value
    }

    /// A parameter of `true` or `false`; false when it is missing or empty.
    func flag(_ name: String) throws(S3Error) -> Bool {
        switch nonEmpty(name) {
        case nil, "false": return false
        case "true": return true
        case let value?:
            throw S3Error(.invalidRequest, "The query parameter '\(name)' is '\(value)', neither true nor false.")
        }
    }

    /// The key that a parameter names; `defaultKey` when it is empty or missing.
    func key(_ name: String, else defaultKey: KeyID) throws -> KeyID {
        guard let text = nonEmpty(name) else { return defaultKey }
        return try KeyID(text)
    }

    // MARK: Rights

    /// Demands what shows from the body only.
    ///
    /// - Throws: `AccessDenied`.
    func require(_ demands: AdminDemands) throws(S3Error) {
        guard allows(demands) else { throw S3Error(.accessDenied) }
    }

    /// Whether a policy of the sender's forbids it, whatever others allow.
    func forbids(_ demand: Demand) -> Bool { pipeline.forbids(principal, [demand], record) }

    func allows(_ demands: AdminDemands) -> Bool { demands.areMet(by: principal, record, pipeline) }

    // MARK: The body

    /// The body as text.
    ///
    /// - Throws: for what is no UTF-8.
    var text: String {
        get throws(S3Error) {
            guard let text = String(validating: body, as: UTF8.self) else { throw malformed }
            return text
        }
    }

    /// The body as JSON, read strictly.
    var json: JSONValue {
        get throws(S3Error) {
            guard let json = JSONValue(body) else { throw malformed }
            return json
        }
    }

    /// The body as a document.
    ///
    /// - Throws: for what is no JSON, and for JSON that is no such document.
    func document<Document: Decodable>(_ type: Document.Type = Document.self) throws(S3Error) -> Document {
        _ = try json
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch {
            throw malformed
        }
    }

    private var malformed: S3Error {
        switch bodyKind {
        case .encrypted: S3Error(.xMinioAdminConfigBadJSON)
        case .none, .json, .plain, .archive: S3Error(.invalidRequest, "The request's body is not what it should be.")
        }
    }

    /// Takes the body from the client.
    ///
    /// - Throws: for one that is too long, that is not the one that was signed, and that does not open.
    mutating func readBody(
        _ stream: RequestBody, _ payload: PayloadVerification
    ) async throws {
        do throws(BodyError) {
            let bytes = try await stream.collect(upTo: bodyKind.limit)
            record.bytesReceived = Int64(bytes.readableBytes)
            body = [UInt8](bytes.readableBytesView)
        } catch {
            switch error {
            case .tooLarge: throw bodyKind.tooLarge
            case .disconnected, .stalled, .overloaded, .malformed: throw error
            }
        }
        // Whatever a body says, its sender signed for it.
        guard payload.fits(body) else { throw S3Error(.xAmzContentSHA256Mismatch) }
        switch bodyKind {
        case .none: body = []
        case .json, .plain, .archive: break
        case .encrypted where isInProcess: break
        case .encrypted:
            guard let secret, let caller = principal.accessKey else { throw S3Error(.accessDenied) }
            body = try await BodyKeys.shared.open(body, secret, of: caller)
        }
    }
}

extension PayloadVerification {
    /// Whether a whole body is the one that was signed.
    fileprivate func fits(_ body: [UInt8]) -> Bool {
        switch self {
        case .sha256(let expected): expected == Digest.hash(.sha256, body)
        case .unsigned: true
        case .none, .streamingSigned, .streamingSignedTrailer, .streamingUnsignedTrailer: body.isEmpty
        }
    }
}
