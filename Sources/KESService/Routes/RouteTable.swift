import KESProtocol
import NIOCore

/// A route that never waits for anything.
protocol ImmediateRoute: SendableMetatype {
    static func answer(_ call: Call, in service: KESService) throws(KESFault) -> ServiceAnswer
}

/// A route that may have to wait for the key store.
protocol WaitingRoute: SendableMetatype {
    /// What is said to a body that cannot be read.
    static var invalidBody: KESFault { get }

    /// The answer when memory has all that it needs; `nil` to have ``answer(_:_:in:)`` asked.
    static func cachedAnswer(_ call: Call, _ body: CallBody, in service: KESService) throws(KESFault) -> ServiceAnswer?

    static func answer(_ call: Call, _ body: CallBody, in service: KESService) async throws(KESFault) -> ServiceAnswer
}

extension WaitingRoute {
    static var invalidBody: KESFault { .invalidRequestBody }

    static func cachedAnswer(_ call: Call, _ body: CallBody, in service: KESService) throws(KESFault) -> ServiceAnswer?
    {
        nil
    }

    /// Reads the body as a document; why it is none is logged.
    static func document<Document: KESDocument>(
        _ type: Document.Type, _ call: Call, _ body: CallBody, in service: KESService
    ) throws(KESFault) -> Document {
        let outcome: Result<Document, KESDocumentError> = body.bytes.withUnsafeReadableBytes { bytes in
            do throws(KESDocumentError) { return .success(try Document(json: bytes)) } catch { return .failure(error) }
        }
        switch outcome {
        case .success(let document): return document
        case .failure(let error):
            service.logs.error.log(.error, error.description, of: call)
            throw invalidBody
        }
    }
}

enum RouteHandler {
    case immediate(any ImmediateRoute.Type)
    case waiting(any WaitingRoute.Type)
    case stream(LogStream)
}

extension KESRoute {
    var handler: RouteHandler {
        switch self {
        case .version: .immediate(VersionRoute.self)
        case .ready: .waiting(ReadyRoute.self)
        case .status: .waiting(StatusRoute.self)
        case .metrics: .waiting(MetricsRoute.self)
        case .api: .immediate(APIRoute.self)
        case .createKey: .waiting(CreateKeyRoute.self)
        case .importKey: .waiting(ImportKeyRoute.self)
        case .describeKey: .waiting(DescribeKeyRoute.self)
        case .listKeys: .waiting(ListKeysRoute.self)
        case .deleteKey: .waiting(DeleteKeyRoute.self)
        case .rotateKey: .waiting(RotateKeyRoute.self)
        case .generateKey: .waiting(GenerateKeyRoute.self)
        case .encrypt: .waiting(EncryptRoute.self)
        case .decrypt: .waiting(DecryptRoute.self)
        case .bulkDecrypt: .waiting(BulkDecryptRoute.self)
        case .hmac: .waiting(HMACRoute.self)
        case .describePolicy: .immediate(DescribePolicyRoute.self)
        case .readPolicy: .immediate(ReadPolicyRoute.self)
        case .listPolicies: .immediate(ListPoliciesRoute.self)
        case .describeIdentity: .immediate(DescribeIdentityRoute.self)
        case .listIdentities: .immediate(ListIdentitiesRoute.self)
        case .selfDescribe: .immediate(SelfDescribeRoute.self)
        case .errorLog: .stream(.error)
        case .auditLog: .stream(.audit)
        }
    }
}

/// Which log a stream is of.
enum LogStream {
    case error
    case audit

    func feed(_ logs: KESLogs) -> EventFeed {
        switch self {
        case .error: logs.error.feed
        case .audit: logs.audit.feed
        }
    }
}
