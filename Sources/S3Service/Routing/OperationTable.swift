package import S3Protocol

/// Every S3 operation this server performs: one line each.
package enum OperationTable {
    package static let operations: [any S3Operation.Type] = [
        // service
        ListBuckets.self, ListenNotification.self,
        // bucket
        CreateBucket.self, HeadBucket.self, DeleteBucket.self, GetBucketLocation.self,
        ListObjects.self, ListObjectsV2.self, ListObjectVersions.self, DeleteObjects.self, ListMultipartUploads.self,
        PutBucketEncryption.self, GetBucketEncryption.self, DeleteBucketEncryption.self,
        PutBucketVersioning.self, GetBucketVersioning.self,
        PutObjectLockConfiguration.self, GetObjectLockConfiguration.self,
        PutBucketTagging.self, GetBucketTagging.self, DeleteBucketTagging.self,
        PutBucketCors.self, GetBucketCors.self, DeleteBucketCors.self,
        PutBucketNotificationConfiguration.self, GetBucketNotificationConfiguration.self,
        ListenBucketNotification.self,
        PutBucketPolicy.self, GetBucketPolicy.self, DeleteBucketPolicy.self, GetBucketPolicyStatus.self,
        PutPublicAccessBlock.self, GetPublicAccessBlock.self, DeletePublicAccessBlock.self,
        PutBucketOwnershipControls.self, GetBucketOwnershipControls.self, DeleteBucketOwnershipControls.self,
        PutBucketLifecycleConfiguration.self, GetBucketLifecycleConfiguration.self, DeleteBucketLifecycle.self,
        // bucket, with one answer
        GetBucketAcl.self, PutBucketAcl.self, GetBucketLogging.self, PutBucketLogging.self,
        GetBucketAccelerateConfiguration.self,
        PutBucketAccelerateConfiguration.self, GetBucketRequestPayment.self, PutBucketRequestPayment.self,
        GetBucketWebsite.self, DeleteBucketWebsite.self, GetBucketReplication.self, GetBucketReplicationMetrics.self,
        DeleteBucketReplication.self,
        // object
        PutObject.self, PostObject.self, GetObject.self, HeadObject.self, DeleteObject.self,
        GetObjectAttributes.self,
        CopyObject.self, RenameObject.self, UpdateObjectEncryption.self,
        PutObjectTagging.self, GetObjectTagging.self, DeleteObjectTagging.self, GetObjectAcl.self, PutObjectAcl.self,
        PutObjectRetention.self, GetObjectRetention.self, PutObjectLegalHold.self, GetObjectLegalHold.self,
        PutObjectAnnotation.self, GetObjectAnnotation.self, ListObjectAnnotations.self, DeleteObjectAnnotation.self,
        // multipart upload
        CreateMultipartUpload.self, UploadPart.self, UploadPartCopy.self, CompleteMultipartUpload.self,
        AbortMultipartUpload.self, ListParts.self,
        // with everything that is in it
        ForceDeleteBucket.self, ForceDeleteObject.self,
        // recognised so that they never reach another operation's handler
        AppendObject.self,
    ]

    /// The operation a request asks for: of those whose route fits, the one that names the most of the request.
    ///
    /// What names tomorrow's S3 will give to sub-resources nobody knows, so no list of them decides. A write or delete
    /// with a query key that its operation does not understand is refused, and so is a read with one that stands alone,
    /// as sub-resources do; a read ignores an unknown key with a value, which clients send past caches.
    /// - Throws: `NotImplemented`, naming the key, for a request that may mean something else; `MethodNotAllowed` for a
    ///   method that S3 does not have there.
    package static func operation(
        method: String, level: ResourceLevel, query: [(name: String, value: String)], hasHeader: (String) -> Bool
    ) throws(S3Error) -> any S3Operation.Type {
        guard let candidates = levels(of: method)?[level] else { throw S3Error(.methodNotAllowed) }
        // Most requests have no query, and need no look at routes.
        if query.isEmpty, let plain = candidates.plain.first(where: { $0.header.map(hasHeader) ?? true }) {
            return plain.operation
        }
        guard let best = candidates.all.first(where: { $0.route.fits(query, hasHeader: hasHeader) }) else {
            let isKnown = !query.isEmpty || level == .service
            throw S3Error(isKnown ? .notImplemented : .methodNotAllowed)
        }
        let route = best.route
        for (name, value) in query where !route.understands(name) && !isOfEveryRequest(name) {
            guard route.isRead, !value.isEmpty else {
                throw S3Error(
                    .notImplemented, "The query parameter '\(name)' asks for something that is not implemented",
                    details: [("Parameter", name)])
            }
        }
        return best
    }

    /// Query keys that any request may carry: those of signatures, headers in a presigned URL, and SDKs' `x-id`.
    private static func isOfEveryRequest(_ name: String) -> Bool {
        switch name {
        case "x-id", "AWSAccessKeyId", "Signature", "Expires": true
        default: name.utf8.count > 6 && name.utf8.prefix(6).elementsEqual("x-amz-".utf8) || name.hasPrefix("X-Amz-")
        }
    }

    // MARK: The table as it is searched

    /// The operations of one method and level, the most specific first.
    ///
    /// A class, because every request looks for its own: a copy is one reference.
    private final class Candidates: Sendable {
        let all: [any S3Operation.Type]
        /// Those that a request without a query may mean, each with the header that it must have.
        let plain: [(header: String?, operation: any S3Operation.Type)]

        init(_ method: String, _ level: ResourceLevel) {
            all = operations.filter { $0.route.method == method && $0.route.level == level }
                .sorted { $0.route.specificity > $1.route.specificity }
            plain = all.filter { $0.route.required.isEmpty }.map { ($0.route.header, $0) }
        }
    }

    /// The operations of one method by level.
    private final class Levels: Sendable {
        let service, bucket, object: Candidates

        init(_ method: String) {
            // Load balancers ask with HEAD whether there is anybody.
            service = Candidates(method == "HEAD" ? "GET" : method, .service)
            bucket = Candidates(method, .bucket)
            object = Candidates(method, .object)
        }

        subscript(level: ResourceLevel) -> Candidates {
            switch level {
            case .service: service
            case .bucket: bucket
            case .object: object
            }
        }
    }

    private static func levels(of method: String) -> Levels? {
        switch method {
        case "GET": get
        case "HEAD": head
        case "PUT": put
        case "POST": post
        case "DELETE": delete
        default: nil
        }
    }

    private static let get = Levels("GET")
    private static let head = Levels("HEAD")
    private static let put = Levels("PUT")
    private static let post = Levels("POST")
    private static let delete = Levels("DELETE")
}
