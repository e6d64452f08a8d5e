import AccessPolicy
import Encryption
import S3Protocol
import SealedStorage

struct UploadPart: AsyncS3Operation {
    static let name = "UploadPart"
    static let route = Route("PUT", .object, requiring: ["partNumber", "uploadId"])

    private let request: S3Request
    private let bucket: BucketName
    private let object: ObjectName
    private let uploadID: String
    private let number: Int
    private let customerKey: CustomerKey?

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
        object = try request.object
        uploadID = request.query("uploadId") ?? ""
        number = try PartNumber.parse(request.query("partNumber") ?? "")
        customerKey = try SSEHeaders.ofUploadPart(request.headers, secrets: request.secrets, isSecure: request.isSecure)
            .map { CustomerKey($0) }
    }

    var demands: [Demand] { [Demand(.putObject, on: object, in: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        let upload = try service.uploads.require(uploadID, in: bucket, key: object)
        try upload.requireMatching(customerKey)
        try checkChecksum(for: upload)
        let payload = try PayloadReader(request, limit: ObjectLimit.singlePut)
        try service.objects.requireRoom(for: payload.length, in: bucket, replacing: nil)
        let part = try await service.uploads.writePart(
            payload, number: number, of: upload, customerKey, modified: request.time)

        var headers = [(name: "etag", value: part.record.etag.quoted)]
        headers += try service.uploads.encryption(of: upload, customerKey).headers
        if let checksum = part.record.checksum { headers.append((checksum.algorithm.header, checksum.base64)) }
        return S3Response(headers: headers)
    }

    /// A part must have the checksum that its upload announced; where the object's follows from its parts'
    /// (`FULL_OBJECT`), the server computes one that is missing.
    private func checkChecksum(for upload: Upload) throws(S3Error) {
        guard let announced = upload.record.checksum else { return }
        switch (try RequestedChecksum(headers: request.headers).algorithm, announced.type) {
        case (announced.algorithm, _), (nil, .fullObject): break
        case (let sent, _):
            throw S3Error(
                .invalidRequest,
                "Checksum Type mismatch occurred, expected checksum Type: \(announced.algorithm.rawValue), "
                    + "actual checksum Type: \(sent?.rawValue ?? "null")")
        }
    }
}
