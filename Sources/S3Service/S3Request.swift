package import AccessPolicy
package import Cryptography
package import HTTPServer
package import Requests
package import S3Protocol

/// An authenticated request, addressed to a bucket or an object.
///
/// A class, because operations keep it: a copy is one reference instead of two dozen.
package final class S3Request: Sendable {
    /// What is known of the request, which the access log and other observers get when it has ended.
    package let record: RequestRecord
    private let pipeline: RequestPipeline
    /// Whether its sender may do what it, and what its body, asks for.
    let access: RequestAccess
    /// The request's head, with the headers that a presigned URL carries in its query.
    package let head: RequestHead
    package let body: RequestBody
    package let target: RequestTarget
    package let resource: ResourceAddress
    /// How the body is to be verified, as the signature says.
    package let payload: PayloadVerification
    package let principal: Principal
    /// Whether the request came over TLS, which this server or a trusted proxy in front of it has ended.
    package let isSecure: Bool

    init(
        _ record: RequestRecord, _ pipeline: RequestPipeline, _ access: RequestAccess, head: RequestHead,
        body: RequestBody, target: RequestTarget, resource: ResourceAddress, payload: PayloadVerification,
        principal: Principal, isSecure: Bool
    ) {
        self.record = record
        self.pipeline = pipeline
        self.access = access
        self.head = head
        self.body = body
        self.target = target
        self.resource = resource
        self.payload = payload
        self.principal = principal
        self.isSecure = isSecure
    }

    /// When the request's head arrived: milliseconds since 1970.
    package var time: Int64 { record.time }

    /// Who has signed the form that the request's body is.
    func authenticate(_ signature: FormSignature?) throws(S3Error) -> Principal {
        try pipeline.authenticate(form: signature, record)
    }

    /// The same request as an upload with other headers; its body is the form's.
    func asUpload(
        of resource: ResourceAddress, _ headers: [(name: String, value: String)],
        _ secrets: [(name: String, value: SecretBytes)], _ principal: Principal
    ) -> S3Request {
        let head = RequestHead(
            method: head.method, target: head.target, versionMinor: head.versionMinor, headers: headers,
            secrets: secrets)
        return S3Request(
            record, pipeline, access.ofForm(head, from: principal), head: head, body: body, target: target,
            resource: resource, payload: .none, principal: principal, isSecure: isSecure)
    }

    /// Lower-case names, in the order sent.
    package var headers: [(name: String, value: String)] { head.headers }
    /// The values of headers that are secret.
    package var secrets: [(name: String, value: SecretBytes)] { head.secrets }
    package func header(_ name: String) -> String? { head.headers.firstValue(of: name) }
    package func query(_ name: String) -> String? { target.queryValue(name) }

    /// The bucket addressed.
    ///
    /// Routes of bucket and object level always have one.
    package var bucket: BucketName {
        get throws(S3Error) {
            switch resource {
            case .service: throw S3Error(.invalidBucketName)
            case .bucket(let bucket), .object(let bucket, _): bucket
            }
        }
    }

    package var object: ObjectName {
        get throws(S3Error) {
            switch resource {
            case .service, .bucket: throw S3Error(.invalidRequest)
            case .object(_, let object): object
            }
        }
    }
}
