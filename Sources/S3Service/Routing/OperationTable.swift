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
        guard methods.contains(method) else { throw S3Error(.methodNotAllowed) }
        var subResources: Set<String> = []
        for (name, _) in query where SubResource.known.contains(name) { subResources.insert(name) }
        var best: (any S3Operation.Type)?
        for candidate in operations
        where candidate.route.fits(method: method, level: level, subResources: subResources, hasHeader: hasHeader) {
            if let chosen = best, chosen.route.specificity >= candidate.route.specificity { continue }
            best = candidate
        }
        if let best { return best }
        // A POST to the bare bucket is an upload from a browser's form: known, and not here yet.
        let isKnown = !subResources.isEmpty || level == .service || (method == "POST" && level == .bucket)
        throw S3Error(isKnown ? .notImplemented : .methodNotAllowed)
    }

    private static let methods: Set<String> = ["GET", "HEAD", "PUT", "POST", "DELETE"]
}
