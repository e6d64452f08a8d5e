import AccessPolicy
import S3Protocol
import SealedStorage

/// Accepts the ACL that every object has, in any of its forms, and no other.
struct PutObjectAcl: AsyncS3Operation {
    static let name = "PutObjectAcl"
    static let route = Route("PUT", .object, requiring: ["acl"], understanding: ["versionId"])

    private let request: S3Request
    private let object: RequestedObject

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        object = try RequestedObject(request)
        try AccessControlList.requireOwnerOnly(request.headers)
    }

    var demands: [Demand] { [object.demand(.putObjectACL, ofVersion: .putObjectVersionACL)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let found = try object.find(in: service)
        try await request.requireOwnersACL()
        return S3Response(headers: found.versionHeaders)
    }
}

extension S3Request {
    /// Reads the body of a request that puts an ACL, in its headers or in a document.
    ///
    /// - Throws: `AccessControlListNotSupported` for any but the owner's alone, `MalformedACLError`.
    func requireOwnersACL() async throws {
        let document = try await document(upTo: DocumentLimit.smallSetting)
        if document.isEmpty, AccessControlList.isPresent(in: headers) { return }
        try AccessControlList.requireOwnerOnly(document: document)
    }
}
