import AccessPolicy
import Encryption
import ObjectStorage
import S3Protocol
import SealedStorage

/// Makes an object of uploaded parts.
///
/// Metadata only: no byte of the parts is read or written. A repeated request, as clients send it when the first answer
/// was lost, is answered as the first one was for a day, whatever has become of the object.
struct CompleteMultipartUpload: AsyncS3Operation {
    static let name = "CompleteMultipartUpload"
    static let route = Route("POST", .object, requiring: ["uploadId"])

    private let request: S3Request
    private let bucket: BucketName
    private let object: ObjectName
    private let preconditions: WritePreconditions
    private let customerKey: CustomerKey?
    private let checksum: DeclaredObject

    private var uploadID: String { request.query("uploadId") ?? "" }

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
        object = try request.object
        preconditions = try WritePreconditions(request.headers)
        // SSE-S3 and SSE-KMS headers are ignored here: mc sends them.
        customerKey = try SSEHeaders.ofComplete(request.headers, secrets: request.secrets, isSecure: request.isSecure)
            .map { CustomerKey($0) }
        checksum = try DeclaredObject(request.headers)
    }

    var demands: [Demand] { [Demand(.putObject, on: object, in: bucket)] }

    var longestDocument: Int { DocumentLimit.shortAnswer }

    func perform(in service: ServiceContext) async throws -> S3Response {
        let bucket = try service.buckets.bucket(bucket)
        guard let upload = try service.uploads.find(uploadID, in: bucket, key: object) else {
            return try await answerAgain(bucket, service)
        }
        if let customerKey { try service.uploads.verify(customerKey, opens: upload) }
        let wanted = try await wantedParts(service)
        do {
            for _ in 1..<Self.greatestAttempts {
                do {
                    return try await complete(upload, of: wanted, bucket, service)
                } catch StorageError.partsChanged {
                    // Another part came meanwhile: of the listed ones, each is looked at again.
                }
            }
            do {
                return try await complete(upload, of: wanted, bucket, service)
            } catch StorageError.partsChanged {
                // Clients try again what is overloaded, and give up what is refused.
                throw StorageError.overloaded
            }
        } catch {
            // A request for the same may have been faster.
            guard try service.uploads.find(uploadID, in: bucket, key: object) == nil else { throw error }
            return try await answerAgain(wanted, bucket, service)
        }
    }

    /// Of so many attempts each has met another part that was stored since it had listed them.
    private static let greatestAttempts = 10

    private func complete(
        _ upload: Upload, of wanted: [CompleteMultipartUploadRequest.Part], _ bucket: Bucket,
        _ service: ServiceContext
    ) async throws -> S3Response {
        let (chosen, checksum) = try await service.uploads.choose(of: upload) { uploaded in
            let parts = try select(wanted, from: uploaded, of: upload, service)
            let whole = try CompletedChecksum.of(upload.record, parts, declared: self.checksum)
            guard parts.reduce(0, { $0 + $1.row.size }) <= ObjectLimit.object else { throw S3Error(.entityTooLarge) }
            return (parts, whole)
        }
        let written = try await service.uploads.complete(
            upload, in: bucket, of: chosen, checksum: checksum, modified: request.time, conditions: preconditions,
            notice: service.notice(.createdMultipart, of: request, in: bucket), by: service.objects)
        var response = answer(written.record, written.newVersionID, written.encryption, bucket)
        response.headers += written.expirationHeader(in: bucket)
        return response
    }

    private func answerAgain(_ bucket: Bucket, _ service: ServiceContext) async throws -> S3Response {
        guard let wanted = try? await wantedParts(service) else { throw SealedStorageError.noSuchUpload(uploadID) }
        return try await answerAgain(wanted, bucket, service)
    }

    private func wantedParts(_ service: ServiceContext) async throws -> [CompleteMultipartUploadRequest.Part] {
        let document = try await request.document(upTo: DocumentLimit.list, checksumIsOfBody: false)
        return try await service.drive.offload { try CompleteMultipartUploadRequest.parse(document).parts }
    }

    /// The answer of the request that completed the upload before, if it was of these parts.
    private func answerAgain(
        _ wanted: [CompleteMultipartUploadRequest.Part], _ bucket: Bucket, _ service: ServiceContext
    ) async throws -> S3Response {
        // Of ten thousand parts: not on an event loop.
        let etag = try await service.drive.offload { ETag.multipart(parts: wanted.map(\.etag)) }
        guard let completed = try await service.uploads.completed(uploadID, in: bucket, key: object),
            completed.record.etag == etag
        else { throw SealedStorageError.noSuchUpload(uploadID) }
        if let customerKey { try service.uploads.verify(customerKey, opens: completed) }
        return answer(completed.record, completed.newVersionID, try service.uploads.encryption(of: completed), bucket)
    }

    private func answer(
        _ record: ObjectRecord, _ versionID: String?, _ encryption: AppliedEncryption, _ bucket: Bucket
    ) -> S3Response {
        let encryption =
            switch encryption {
            case .sseC: AppliedEncryption.sseC(keyMD5: customerKey?.keyMD5)
            case .sseS3, .sseKMS, .dsseKMS: encryption
            }
        let scheme = request.isSecure ? "https" : "http"
        let result = CompleteMultipartUploadResult(
            location: "\(scheme)://\(request.header("host") ?? "")\(request.target.rawPath)", bucket: bucket.name,
            key: object.rawValue, etag: record.etag, checksums: record.checksum.map(\.elements) ?? [])
        let version = versionID.map { [(name: "x-amz-version-id", value: $0)] } ?? []
        return .xml(result.xml(), headers: encryption.headers + version)
    }

    /// The parts that the client lists, each as uploaded, in ascending order.
    private func select(
        _ wanted: [CompleteMultipartUploadRequest.Part], from uploaded: [Int: PartRow], of upload: Upload,
        _ service: ServiceContext
    ) throws -> [UploadedPart] {
        for (one, next) in zip(wanted, wanted.dropFirst()) where one.number >= next.number {
            throw S3Error(.invalidPartOrder)
        }
        var selected: [UploadedPart] = []
        selected.reserveCapacity(wanted.count)
        for (index, wantedPart) in wanted.enumerated() {
            guard let row = uploaded[wantedPart.number] else { throw S3Error(.invalidPart) }
            let part = try service.uploads.open(row, of: upload)
            guard wantedPart.etag == part.record.etag else { throw S3Error(.invalidPart) }
            try CompletedChecksum.requirePart(wantedPart, upload.record)
            for (name, value) in wantedPart.checksums {
                guard part.record.has(value, named: name) else { throw S3Error(.invalidPart) }
            }
            if index < wanted.count - 1, row.size < ObjectLimit.smallestPart {
                throw S3Error(.entityTooSmall, details: [("PartNumber", "\(wantedPart.number)")])
            }
            selected.append(part)
        }
        return selected
    }
}
