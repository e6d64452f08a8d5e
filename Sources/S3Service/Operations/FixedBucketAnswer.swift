import AccessPolicy
import S3Protocol
import SealedStorage

/// An operation about a setting that no bucket has here: every bucket that there is has the same answer.
protocol FixedBucketAnswer: ImmediateS3Operation {
    static var action: Action { get }

    var bucket: BucketName { get }

    init(bucket: BucketName)

    static func answer() throws(S3Error) -> S3Response
}

extension FixedBucketAnswer {
    init(_ request: S3Request) throws(S3Error) {
        self.init(bucket: try request.bucket)
    }

    package var demands: [Demand] { [Demand(Self.action, on: bucket)] }

    func perform(in service: ServiceContext) throws -> S3Response {
        _ = try service.buckets.bucket(bucket)
        return try Self.answer()
    }
}

/// An operation that puts a setting which has one value here: that value changes nothing, and any other is refused,
/// because it would promise what nobody keeps.
protocol UnchangeableSetting: AsyncS3Operation {
    static var action: Action { get }
    /// The name of the document's root element.
    static var root: String { get }

    var request: S3Request { get }
    var bucket: BucketName { get }

    init(request: S3Request, bucket: BucketName)

    /// Whether a document asks for what is so anyway.
    ///
    /// Throws `MalformedXML`.
    static func isAsItIs(_ setting: XMLElement) throws(S3Error) -> Bool
}

extension UnchangeableSetting {
    init(_ request: S3Request) throws(S3Error) {
        self.init(request: request, bucket: try request.bucket)
    }

    package var demands: [Demand] { [Demand(Self.action, on: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        _ = try service.buckets.bucket(bucket)
        let document = try await request.document(upTo: DocumentLimit.smallSetting)
        guard try Self.isAsItIs(try XMLReader.parse(document, root: Self.root)) else {
            throw S3Error(.notImplemented, "This server has no other setting than the one that it answers with.")
        }
        return S3Response()
    }
}
