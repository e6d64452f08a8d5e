import AccessPolicy
import S3Protocol
import SealedStorage

struct PutObjectTagging: AsyncS3Operation {
    static let name = "PutObjectTagging"
    static let route = Route("PUT", .object, requiring: ["tagging"], understanding: ["versionId"])

    private let request: S3Request
    private let object: RequestedObject

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        object = try RequestedObject(request)
    }

    var demands: [Demand] { [demand()] }

    private func demand(_ conditions: [ConditionKey: [String]] = [:]) -> Demand {
        object.demand(.putObjectTagging, ofVersion: .putObjectVersionTagging, conditions: conditions)
    }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        try object.require(demands, of: object.find(in: service))
        let document = try await request.document(upTo: DocumentLimit.smallSetting)
        let tags = try ObjectTags(document: document, maximum: ObjectTags.maximumOfObject)
        try request.access.require(demand(tags.conditions))
        return S3Response(headers: try await object.setTags(tags, in: service, .createdTagging).versionHeaders)
    }
}
