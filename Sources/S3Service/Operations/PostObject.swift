import AccessPolicy
import HTTPServer
import Notation
import S3Protocol
import SealedStorage

/// An upload from a browser's form, whose fields carry what a PutObject has in its headers, and the signature.
struct PostObject: AsyncS3Operation {
    static let name = "PostObject"
    static let route = Route("POST", .bucket)
    static let isSignedInBody = true

    private let form: S3Request
    private let bucket: BucketName
    private let delimiter: FormDelimiter

    init(_ request: S3Request) throws(S3Error) {
        form = request
        bucket = try request.bucket
        guard let type = request.header("content-type"), AuthenticationScheme.isForm(contentType: type) else {
            throw S3Error(
                .preconditionFailed, "Bucket POST must be of the enclosure-type multipart/form-data",
                details: [("Condition", "Bucket POST must be of the enclosure-type multipart/form-data")])
        }
        guard request.body.declaredLength != nil else { throw S3Error(.missingContentLength) }
        delimiter = try FormDelimiter(contentType: type)
    }

    /// None before the fields are read: they say who sent them, and what for.
    var demands: [Demand] { [] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let upload = try await FormUpload(reading: form, delimiter)
        let encryption = try SSEHeaders.ofWrite(
            upload.request.headers, secrets: upload.request.secrets, isSecure: form.isSecure)
        var attributes = try ObjectAttributes(upload.request)
        if let tagging = upload.fields["tagging"] {
            attributes.tags = try ObjectTags(document: Array(tagging.utf8), maximum: ObjectTags.maximumOfObject).pairs
        }
        let conditions = encryption.conditions.merging(ObjectTags(stored: attributes.tags).conditions) { $1 }
        var demands = [Demand(.putObject, on: upload.object, in: bucket, conditions: conditions)]
        if !attributes.tags.isEmpty {
            demands.append(Demand(.putObjectTagging, on: upload.object, in: bucket, conditions: conditions))
        }
        try upload.request.access.require(demands + attributes.lock.demands(on: upload.object, in: bucket))

        let bucket = try service.buckets.bucket(bucket)
        if !attributes.lock.isEmpty { try bucket.requireObjectLock() }
        let draft = ObjectDraft(
            bucket: bucket, key: upload.object,
            encryption: try service.encryption(encryption, in: bucket, by: upload.request.access),
            attributes: attributes, modified: form.time,
            notice: service.notice(.createdPost, of: upload.request, in: bucket))
        let written = try await service.objects.write(upload.file(), as: draft, conditions: WritePreconditions([]))
        return answer(upload, written, bucket)
    }

    private func answer(_ upload: FormUpload, _ written: WrittenObject, _ bucket: Bucket) -> S3Response {
        let etag = written.record.etag
        let key = upload.object.rawValue
        var headers = [(name: "etag", value: etag.quoted)] + written.encryption.headers
        if let checksum = written.record.checksum { headers += checksum.headers }
        if let versionID = written.newVersionID { headers.append(("x-amz-version-id", versionID)) }
        headers += written.expirationHeader(in: bucket)
        switch PostSuccess(upload.fields) {
        case .redirect(let place):
            headers.append(("location", PostSuccess.location(place, bucket: bucket.name, key: key, etag: etag)))
            return S3Response(status: 303, headers: headers)
        case .status(let status):
            let location = location(of: upload.object)
            headers.append(("location", location))
            guard status == 201 else { return S3Response(status: status, headers: headers) }
            let result = PostResponse(location: location, bucket: bucket.name, key: key, etag: etag)
            return S3Response(status: 201, headers: headers, body: .xml(result.xml()))
        }
    }

    /// The object's URL, at the host and in the style that the form was sent to.
    private func location(of object: ObjectName) -> String {
        let path = form.target.rawPath
        let slash = path.hasSuffix("/") ? "" : "/"
        var key: [UInt8] = []
        for byte in object.rawValue.utf8 {
            if byte == UInt8(ascii: "/") { key.append(byte) } else { PercentEncoding.append(byte, to: &key) }
        }
        return "\(form.isSecure ? "https" : "http")://\(form.header("host") ?? "")\(path)\(slash)"
            + String(decoding: key, as: UTF8.self)
    }
}
