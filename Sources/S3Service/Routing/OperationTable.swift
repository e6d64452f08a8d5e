package import S3Protocol

/// Every S3 operation this server performs: one line each.
package enum OperationTable {
    package static let operations: [any S3Operation.Type] = [
        // service
        ListBuckets.self,
        // bucket
        CreateBucket.self, HeadBucket.self, DeleteBucket.self, GetBucketLocation.self,
        ListObjects.self, ListObjectsV2.self, DeleteObjects.self,
        PutBucketEncryption.self, GetBucketEncryption.self, DeleteBucketEncryption.self,
        // object
        PutObject.self, GetObject.self, HeadObject.self, DeleteObject.self,
        // multipart upload
        CreateMultipartUpload.self, UploadPart.self, CompleteMultipartUpload.self, AbortMultipartUpload.self,
        ListParts.self,
        // recognised so that they never reach another operation's handler
        CopyObject.self, UploadPartCopy.self, AppendObject.self,
    ]

    /// The operation a request asks for, by the allow-list rule.
    ///
    /// - Throws: `NotImplemented` when a known sub-resource, or the method at this level, has no operation here;
    ///   `MethodNotAllowed` for a method that S3 does not have.
    package static func operation(
        method: String, level: ResourceLevel, query: [(name: String, value: String)], hasHeader: (String) -> Bool
    ) throws(S3Error) -> any S3Operation.Type {
        guard let candidates = levels(of: method)?[level] else { throw S3Error(.methodNotAllowed) }
        var subResources: Set<String> = []
        for (name, _) in query where SubResource.known.contains(name) { subResources.insert(name) }
        if subResources.isEmpty {
            for index in candidates.plain.indices {
                guard let header = candidates.plain[index].header else { return candidates.plain[index].operation }
                if hasHeader(header) { return candidates.plain[index].operation }
            }
        } else if let best = candidates.all.first(where: { $0.route.fits(subResources, hasHeader: hasHeader) }) {
            return best
        }
        // A POST to the bare bucket is an upload from a browser's form: known, and not here yet.
        let isKnown = !subResources.isEmpty || level == .service || (method == "POST" && level == .bucket)
        throw S3Error(isKnown ? .notImplemented : .methodNotAllowed)
    }

    // MARK: The table as it is searched

    /// The operations of one method and level, the most specific first.
    private struct Candidates: Sendable {
        let all: [any S3Operation.Type]
        /// Those that a request without sub-resources may mean, each with the header that it must have.
        let plain: [(header: String?, operation: any S3Operation.Type)]

        init(_ method: String, _ level: ResourceLevel) {
            all = operations.filter { $0.route.method == method && $0.route.level == level }
                .sorted { $0.route.specificity > $1.route.specificity }
            plain = all.filter { $0.route.isPlain }.map { ($0.route.header, $0) }
        }
    }

    private struct Levels: Sendable {
        let service, bucket, object: Candidates

        init(_ method: String) {
            service = Candidates(method, .service)
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
