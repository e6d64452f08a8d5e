import S3Protocol
import SealedStorage

/// The annotation that a request names, and the object that it belongs to.
struct RequestedAnnotation: Sendable {
    let object: RequestedObject
    let name: AnnotationName
    /// What the object's tag must match; nil for whatever it is.
    private let objectCondition: ETagCondition?

    /// The query keys of requests for one annotation, besides `annotation`.
    static let understood: Set<String> = ["annotationName", "versionId"]

    /// - Throws: `InvalidAnnotationName`, `AnnotationNameTooLong`; `NotImplemented` for a copy, which no annotation is made by.
    init(_ request: S3Request) throws(S3Error) {
        guard request.header(CopySourceAddress.header) == nil else { throw S3Error(.notImplemented) }
        object = try RequestedObject(request)
        name = try AnnotationName(request.query("annotationName") ?? "")
        objectCondition = request.header("x-amz-object-if-match").map { ETagCondition($0) ?? .oneOf([]) }
    }

    /// - Throws: `PreconditionFailed`.
    func requireMatch(_ object: StoredObject) throws(S3Error) {
        guard objectCondition?.matches(object.record.etag) ?? true else { throw S3Error(.preconditionFailed) }
    }

    /// `x-amz-object-version-id`; empty in a bucket without versioning.
    static func versionHeaders(of object: StoredObject, in bucket: Bucket) -> [(name: String, value: String)] {
        object.versionID(in: bucket).map { [("x-amz-object-version-id", $0)] } ?? []
    }
}
