package import HTTPServer
package import S3Protocol

/// An authenticated request, addressed to a bucket or an object.
///
/// A class, because operations keep it: a copy is one reference instead of two dozen.
package final class S3Request: Sendable {
    /// 16 upper-case hex digits, unique in this process; echoed as `x-amz-request-id` and logged.
    package let id: String
    package let head: RequestHead
    package let body: RequestBody
    package let target: RequestTarget
    package let resource: ResourceAddress
    /// How the body is to be verified, as the signature says.
    package let payload: PayloadVerification
    /// `nil` for an anonymous request.
    package let accessKey: String?
    /// TLS here, or ended by a trusted proxy upstream.
    package let isSecure: Bool
    /// When the request's head arrived: milliseconds since 1970.
    package let time: Int64

    init(
        id: String, head: RequestHead, body: RequestBody, target: RequestTarget, resource: ResourceAddress,
        payload: PayloadVerification, accessKey: String?, isSecure: Bool, time: Int64
    ) {
        self.id = id
        self.head = head
        self.body = body
        self.target = target
        self.resource = resource
        self.payload = payload
        self.accessKey = accessKey
        self.isSecure = isSecure
        self.time = time
    }

    /// Lower-case names, in the order sent.
    package var headers: [(name: String, value: String)] { head.headers }
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
