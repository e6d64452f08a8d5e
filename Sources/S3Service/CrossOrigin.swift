import HTTPServer
import Requests
import S3Protocol
import SealedStorage
import Threading

/// What pages of other origins may do from within a browser: by a bucket's CORS configuration, else by the server's list of
/// origins.
struct CrossOrigin: Sendable {
    private let context: ServiceContext

    init(context: ServiceContext) {
        self.context = context
    }

    /// The headers by which a browser lets a page see the answer to its request; none when no page has sent it.
    ///
    /// Errors have them too: a page is to read what was wrong. None while the bucket's rules cannot be read.
    func headers(_ record: RequestRecord) -> [(name: String, value: String)] {
        guard let origin = record.head.header("origin"),
            let request = CrossOriginRequest(
                origin: origin, method: record.head.method, headers: record.head.headers)
        else { return [] }
        let bucket = record.bucket.flatMap { try? BucketName($0) }
        return (try? answer(to: request, bucket)) ?? []
    }

    /// The headers that answer a preflight request: whether the request that a page is about to make is allowed.
    ///
    /// A browser sends it without a signature, whatever the request will have.
    /// - Throws: `badRequest` for what is no preflight request, `accessForbidden` for what is not allowed, and what keeps
    ///   the bucket's rules from being read.
    func preflight(_ record: RequestRecord) throws -> [(name: String, value: String)] {
        record.operation = "Preflight"
        let head = record.head
        let request = try CrossOriginRequest(preflight: head.headers)
        let resource = try ResourceAddress(
            try RequestTarget(head.target), host: head.header("host"), domains: context.settings.domains)
        record.bucket = resource.bucket?.rawValue
        record.key = resource.object?.rawValue
        guard let headers = try answer(to: request, resource.bucket) else { throw S3Error(.accessForbidden) }
        return headers
    }

    private func answer(
        to request: CrossOriginRequest, _ bucket: BucketName?
    ) throws -> [(name: String, value: String)]? {
        // Of a bucket that is not there the server's answer says so too, and no page learns it otherwise.
        let known = bucket.flatMap { try? context.buckets.bucket($0) }
        guard let cors = try known?.record.cors else {
            return context.settings.allowedOrigins.current.answer(to: request)
        }
        for rule in cors.rules {
            if let headers = rule.answer(to: request) { return headers }
        }
        return nil
    }
}
