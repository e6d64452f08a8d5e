import AccessPolicy
import ObjectStorage
import S3Protocol
import SealedStorage

/// Told from PutObject by its header.
///
/// Metadata only where source and copy are under the same key: no byte of the source is read or written.
struct CopyObject: AsyncS3Operation {
    static let name = "CopyObject"
    static let route = Route("PUT", .object, header: CopySourceAddress.header)

    private let request: S3Request
    private let bucket: BucketName
    private let object: ObjectName
    private let source: CopySource
    private let encryption: RequestedEncryption
    private let preconditions: WritePreconditions
    private let attributes: ObjectAttributes
    private let metadata: CopyDirective
    private let tagging: CopyDirective
    private let annotations: AnnotationDirective
    /// The checksum that the copy is to have; `nil` for its source's.
    private let algorithm: S3ChecksumAlgorithm?

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
        object = try request.object
        source = try CopySource(request)
        encryption = try SSEHeaders.ofCopyTarget(
            request.headers, secrets: request.secrets, isSecure: request.isSecure)
        preconditions = try WritePreconditions(request.headers)
        metadata = try CopyDirective(.metadata, request.headers)
        tagging = try CopyDirective(.tagging, request.headers)
        annotations = try AnnotationDirective(
            request.header(AnnotationDirective.header) ?? request.query(AnnotationDirective.header))
        attributes = try ObjectAttributes(request)
        algorithm = try UploadChecksum.parse(headers: request.headers)?.algorithm
    }

    var demands: [Demand] {
        var demands = source.demands
        demands.append(Demand(.putObject, on: object, in: bucket, conditions: encryption.conditions))
        if tagging == .replace, !attributes.tags.isEmpty { demands.append(taggingDemand) }
        return demands + attributes.lock.demands(on: object, in: bucket)
    }

    private var taggingDemand: Demand { Demand(.putObjectTagging, on: object, in: bucket) }

    /// The answer is short; the copy is not.
    var longestDocument: Int { Objects.copyMemory }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        if !attributes.lock.isEmpty { try bucket.requireObjectLock() }
        let found = try source.find(in: service)
        try CopySource.requireCopyable(found.columns.size)
        let decision = try service.encryption(encryption, in: bucket, by: request.access)
        let isOntoItself =
            try source.isOf(self.bucket, object)
            && service.objects.find(bucket, key: object)?.columns.version == found.columns.version
        if isOntoItself, !changes(found), service.objects.isEncrypted(found, as: decision) {
            throw S3Error(
                .invalidRequest,
                "This copy request is illegal because it is trying to copy an object to itself without changing the "
                    + "object's metadata, storage class, website redirect location or encryption attributes.")
        }
        let draft = ObjectDraft(
            bucket: bucket, key: object, encryption: decision, attributes: try attributes(of: found),
            modified: request.time, notice: service.notice(.createdCopy, of: request, in: bucket))
        try service.objects.requireRoom(for: found.columns.size, in: bucket, replacing: object)
        let written = try await service.objects.copy(
            found, source.customerKey, as: draft, checksum: algorithm,
            withAnnotations: try copiesAnnotations(of: found, service), conditions: preconditions)

        let result = CopyResult(
            etag: written.record.etag, modified: written.columns.modified,
            checksums: written.record.checksum?.elements ?? [])
        var headers = written.encryption.headers + source.headers(of: found)
        if let versionID = written.newVersionID { headers.append((name: "x-amz-version-id", value: versionID)) }
        headers += written.expirationHeader(in: bucket)
        return .xml(result.objectXML(), headers: headers)
    }

    /// Whether the copy is to have annotations.
    ///
    /// - Throws: `AccessDenied` when there are some, which the sender may not read there or write here.
    private func copiesAnnotations(of found: StoredObject, _ service: ServiceContext) throws -> Bool {
        switch annotations {
        case .exclude: return false
        case .copy:
            guard try service.objects.hasAnnotations(found) else { return false }
            let put = Demand(.putObjectAnnotation, on: object, in: bucket)
            guard request.access.allows(source.annotationDemand), request.access.allows(put) else {
                throw S3Error(.accessDenied)
            }
            return true
        }
    }

    /// Whether the request asks for something that the source does not have.
    private func changes(_ found: StoredObject) -> Bool {
        if metadata == .replace || tagging == .replace || attributes.websiteRedirect != nil { return true }
        if request.header("x-amz-storage-class") != nil,
            attributes.storageClass != found.record.attributes.storageClass
        {
            return true
        }
        switch encryption {
        case .none: return algorithm != nil && algorithm != found.record.checksum?.algorithm
        case .sseS3, .sseKMS, .dsseKMS, .sseC: return true
        }
    }

    /// What the copy has of its source's, and what of its own request's.
    ///
    /// Storage class and redirect are the request's always, as on AWS.
    /// - Throws: `AccessDenied` when there are tags to copy, which the sender may not read there or write here.
    private func attributes(of found: StoredObject) throws(S3Error) -> ObjectAttributes {
        var result = attributes
        switch metadata {
        case .replace: break
        case .copy:
            result.headers = found.record.attributes.headers
            result.metadata = found.record.attributes.metadata
        }
        switch tagging {
        case .replace: break
        case .copy:
            result.tags = found.record.attributes.tags
            guard
                result.tags.isEmpty
                    || (request.access.allows(source.taggingDemand) && request.access.allows(taggingDemand))
            else {
                throw S3Error(.accessDenied)
            }
        }
        return result
    }
}
