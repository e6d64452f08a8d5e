import AccessPolicy
import S3Protocol
import SealedStorage

/// The owner may do everything: access is by policy only.
struct GetObjectAcl: ImmediateS3Operation {
    static let name = "GetObjectAcl"
    static let route = Route("GET", .object, requiring: ["acl"], understanding: ["versionId"])

    private let object: RequestedObject

    init(_ request: S3Request) throws(S3Error) {
        object = try RequestedObject(request)
    }

    var demands: [Demand] { [object.demand(.getObjectACL, ofVersion: .getObjectVersionACL)] }

    func perform(in service: ServiceContext) throws -> S3Response {
        .xml(FixedAnswers.accessControlPolicy, headers: try object.find(in: service).versionHeaders)
    }
}
