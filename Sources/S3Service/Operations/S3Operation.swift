package import AccessPolicy
package import S3Protocol

/// One S3 operation: recognised by its route, decoded from the request, allowed by its demands, performed, encoded in the
/// response.
package protocol S3Operation: Sendable {
    /// The operation's name in AWS's model, which is also what the log calls it.
    static var name: String { get }
    static var route: Route { get }

    /// Whether fields in the body, and no header, say who has sent the request: the operation authenticates and demands
    /// its rights itself once it has read them.
    static var isSignedInBody: Bool { get }

    /// Whether an account that lacks the rights, and whom nothing forbids them, is answered what it has rights to: the
    /// operation itself sees to that.
    static var answersWhatIsAllowed: Bool { get }

    /// Decodes the request's head.
    ///
    /// The body is read by what follows, so that `100 Continue` is sent only after everything that the head alone can
    /// refuse has been refused.
    init(_ request: S3Request) throws(S3Error)

    /// The rights that performing it needs, all of them; never none, but of an operation that ``isSignedInBody``.
    var demands: [Demand] { get }

    /// Performs the operation as far as that needs no waiting.
    ///
    /// Runs on an event loop: some tens of microseconds at most, and nothing that blocks.
    func begin(in service: ServiceContext) throws -> S3Progress
}

extension S3Operation {
    package static var isSignedInBody: Bool { false }
    package static var answersWhatIsAllowed: Bool { false }
}

package enum S3Progress: Sendable {
    case done(S3Response)
    /// The operation has to wait; the closure does the rest of it, in the request's task, and throws as the operation does.
    ///
    /// - documentUpTo: the most bytes that the answer's document may have. There is memory for so much before it is made:
    ///   its reader may never take it.
    case waiting(documentUpTo: Int, @Sendable () async throws -> S3Response)
}

/// An operation on what is in memory or a few microseconds away.
protocol ImmediateS3Operation: S3Operation {
    func perform(in service: ServiceContext) throws -> S3Response
}

extension ImmediateS3Operation {
    package func begin(in service: ServiceContext) throws -> S3Progress { .done(try perform(in: service)) }
}

/// An operation that waits: for the request's body, for the drive, for the key service.
protocol AsyncS3Operation: S3Operation {
    /// The most bytes that the answer's document may have: see ``S3Progress/waiting(documentUpTo:_:)``.
    var longestDocument: Int { get }

    func perform(in service: ServiceContext) async throws -> S3Response
}

extension AsyncS3Operation {
    package func begin(in service: ServiceContext) -> S3Progress {
        .waiting(documentUpTo: longestDocument) { try await perform(in: service) }
    }
}

/// An operation that is recognised and refused, because its request could be taken for another's.
///
/// A CopyObject whose header is not looked at is a plain upload, say, which overwrites the object with an empty body.
protocol RefusedOperation: ImmediateS3Operation {}

extension RefusedOperation {
    init(_ request: S3Request) throws(S3Error) { throw S3Error(.notImplemented) }

    // Never asked: there is no value of it.
    package var demands: [Demand] { [] }

    func perform(in service: ServiceContext) throws -> S3Response { throw S3Error(.notImplemented) }
}

extension Demand {
    init(_ action: Action, on bucket: BucketName, conditions: [ConditionKey: [String]] = [:]) {
        self.init(action, on: .bucket(bucket.rawValue), conditions: conditions)
    }

    init(
        _ action: Action, on object: ObjectName, in bucket: BucketName, conditions: [ConditionKey: [String]] = [:]
    ) {
        self.init(action, on: .object(bucket: bucket.rawValue, key: object.rawValue), conditions: conditions)
    }
}
