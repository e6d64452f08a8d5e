import AccessPolicy
import S3Protocol
import SealedStorage

struct PutObject: AsyncS3Operation {
    static let name = "PutObject"
    static let route = Route("PUT", .object)

    private let request: S3Request
    private let bucket: BucketName
    private let object: ObjectName
    private let encryption: RequestedEncryption
    private let preconditions: WritePreconditions
    private let attributes: ObjectAttributes
    /// What is to be made of the bytes, when they are an archive whose members become objects.
    private let archive: ArchiveExtraction?

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
        object = try request.object
        encryption = try SSEHeaders.ofWrite(request.headers, secrets: request.secrets, isSecure: request.isSecure)
        preconditions = try WritePreconditions(request.headers)
        attributes = try ObjectAttributes(request)
        archive = ArchiveExtraction(request)
    }

    var demands: [Demand] { demands(on: object) }

    private func demands(on object: ObjectName) -> [Demand] {
        var demands = [Demand(.putObject, on: object, in: bucket, conditions: encryption.conditions)]
        if !attributes.tags.isEmpty { demands.append(Demand(.putObjectTagging, on: object, in: bucket)) }
        return demands + attributes.lock.demands(on: object, in: bucket)
    }

    var longestDocument: Int { archive == nil ? DocumentLimit.shortAnswer : ArchiveExtraction.memory }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        if !attributes.lock.isEmpty { try bucket.requireObjectLock() }
        let decision = try service.encryption(encryption, in: bucket, by: request.access)
        let notice = service.notice(.createdPut, of: request, in: bucket)
        let payload = try PayloadReader(request, limit: ObjectLimit.singlePut)
        if let archive {
            let etag = try await archive.extract(
                payload, into: bucket, decision, attributes, preconditions, service, demands: demands, notice)
            return S3Response(headers: [("etag", etag.quoted)])
        }
        let draft = ObjectDraft(
            bucket: bucket, key: object, encryption: decision, attributes: attributes, modified: request.time,
            notice: notice)
        try service.objects.requireRoom(for: payload.length, in: bucket, replacing: object)
        let written = try await service.objects.write(payload, as: draft, conditions: preconditions)

        var headers = [(name: "etag", value: written.record.etag.quoted)] + written.encryption.headers
        if let checksum = written.record.checksum { headers += checksum.headers }
        if let versionID = written.newVersionID { headers.append(("x-amz-version-id", versionID)) }
        headers += written.expirationHeader(in: bucket)
        return S3Response(headers: headers)
    }
}
