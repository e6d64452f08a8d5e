import JSON
import KESProtocol
import NIOCore

/// A route that never waits for anything.
protocol ImmediateRoute: SendableMetatype {
    static var route: Route { get }

    static func answer(_ call: Call, in service: KESService) throws(KESFault) -> ServiceAnswer
}

/// A route that may have to wait for the key store.
protocol WaitingRoute: SendableMetatype {
    static var route: Route { get }

    /// The refusal of a request whose body is not the document that the route expects.
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

/// A route whose answer goes on until the client goes away: the events of a log.
protocol StreamRoute: SendableMetatype {
    static var route: Route { get }

    static func feed(of logs: KESLogs) -> EventFeed
}
