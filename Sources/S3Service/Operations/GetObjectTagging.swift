import AccessPolicy
import S3Protocol
import SealedStorage

/// An object without tags has an empty set of them.
struct GetObjectTagging: ImmediateS3Operation {
    static let name = "GetObjectTagging"
    static let route = Route("GET", .object, requiring: ["tagging"], understanding: ["versionId"])

    private let object: RequestedObject

    init(_ request: S3Request) throws(S3Error) {
        object = try RequestedObject(request)
    }

    var demands: [Demand] { [object.demand(.getObjectTagging, ofVersion: .getObjectVersionTagging)] }

    func perform(in service: ServiceContext) throws -> S3Response {
        let found = try object.find(in: service)
        try object.require(demands, of: found)
        return .xml(ObjectTags(stored: found.object.record.attributes.tags).xml(), headers: found.versionHeaders)
    }
}
