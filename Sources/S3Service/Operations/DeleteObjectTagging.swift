import AccessPolicy
import S3Protocol
import SealedStorage

struct DeleteObjectTagging: AsyncS3Operation {
    static let name = "DeleteObjectTagging"
    static let route = Route("DELETE", .object, requiring: ["tagging"], understanding: ["versionId"])

    private let object: RequestedObject

    init(_ request: S3Request) throws(S3Error) {
        object = try RequestedObject(request)
    }

    var demands: [Demand] { [object.demand(.deleteObjectTagging, ofVersion: .deleteObjectVersionTagging)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let untagged = try await object.setTags(ObjectTags(stored: []), in: service, .deletedTagging)
        return S3Response(status: 204, headers: untagged.versionHeaders)
    }
}
