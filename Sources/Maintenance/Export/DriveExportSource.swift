import Cryptography
import Encryption
import KeyManagement
package import MinIODrive
import NIOCore
import Notation
import ObjectStorage
import S3Protocol
package import SealedStorage

/// A drive that this process has open.
package struct DriveExportSource: ExportSource {
    private let drive: SealedDrive
    private let customerKeys: CustomerKeyList
    private let admit: @Sendable (Int) async throws -> Void

    /// - Parameters:
    ///   - customerKeys: of SSE-C.
    ///   - admit: waits until so many bytes may be read.
    package init(
        _ drive: SealedDrive, customerKeys: CustomerKeyList, admit: @escaping @Sendable (Int) async throws -> Void
    ) {
        self.drive = drive
        self.customerKeys = customerKeys
        self.admit = admit
    }

    package func buckets() async throws -> [String] {
        var names: [String] = []
        while true {
            let page = drive.buckets.sorted.page(after: names.last, limit: 1000)
            names += page.buckets.map(\.name)
            guard page.isTruncated else { return names }
        }
    }

    package func isLocked(_ bucket: String) async throws -> Bool {
        try drive.buckets.bucket(BucketName(bucket)).versioning == .locked
    }

    package func page(of bucket: String, prefix: String, after place: ExportPlace?) async throws -> ExportPage {
        var parameters = try ListVersionsParameters([])
        parameters.prefix = prefix
        if let place { (parameters.keyMarker, parameters.versionIDMarker) = (place.key, place.version) }
        let open = try drive.buckets.bucket(BucketName(bucket))
        return try await drive.objects.listVersions(parameters, in: open) { page in
            let next: ExportPlace? =
                if case .version(let key, let version) = page.next {
                    ExportPlace(key: key, version: version)
                } else { nil }
            return ExportPage(entries: page.versions.map { ExportEntry($0, in: bucket) }, next: next)
        }
    }

    package func open(_ entry: ExportEntry) async throws -> ExportedObject {
        do {
            return try await opened(entry)
        } catch {
            throw ExportFault(readingFailedWith: error) ?? error
        }
    }

    private func opened(_ entry: ExportEntry) async throws -> ExportedObject {
        let bucket = try drive.buckets.bucket(BucketName(entry.bucket))
        let objects = drive.objects
        let selector: VersionSelector =
            if entry.version == nullVersionID { .null } else {
                .id(try VersionID(hex: entry.version).orThrow(ExportFault.gone))
            }
        guard let object = try objects.findWithBody(bucket, key: ObjectName(entry.key), version: selector) else {
            throw ExportFault.gone
        }
        let customerKey = try customerKey(of: object, entry)
        var description = ExportDescription(
            ExportEntry(
                bucket: entry.bucket, key: entry.key, version: entry.version, isLatest: entry.isLatest,
                modified: object.columns.modified,
                content: .object(etag: object.record.etag.value, size: object.columns.size)))
        description.describe(object.record)
        description.encryption = ExportDescription.Encryption(try objects.encryption(of: object, customerKey))
        if object.record.partCount > 0 {
            description.parts = try await drive.offload { [drive] in
                try drive.objects.manifest(of: object).parts.map { .init(number: Int($0.number), size: $0.size) }
            }
        }
        if try objects.hasAnnotations(object) { description.hasAnnotations = true }
        return ExportedObject(description: description, customerKey: customerKey) { [admit] in
            do {
                let body = try await objects.body(of: object, 0..<object.columns.size, customerKey)
                return DriveExportBody(body: body, admit: admit)
            } catch {
                throw ExportFault(readingFailedWith: error) ?? error
            }
        }
    }

    private func customerKey(of object: StoredObject, _ entry: ExportEntry) throws -> CustomerKey? {
        guard object.record.encryption.scheme == .sseC else { return nil }
        for key in customerKeys.keys(bucket: entry.bucket, key: entry.key) {
            let candidate = CustomerKey(key: key)
            if (try? drive.objects.verify(candidate, opens: object)) != nil { return candidate }
        }
        throw ExportFault.customerKeyMissing
    }
}

private struct DriveExportBody: ExportBody {
    let body: ObjectBody
    let admit: @Sendable (Int) async throws -> Void

    private static let block = 1 << 20

    func next() async throws -> ByteBuffer? {
        do {
            guard let block = try await body.next(upTo: Self.block) else { return nil }
            try await admit(block.readableBytes)
            return block
        } catch {
            throw ExportFault(readingFailedWith: error) ?? error
        }
    }
}

extension ExportEntry {
    fileprivate init(_ version: ListedVersion, in bucket: String) {
        let content: Content =
            switch version.content {
            case .deleteMarker: .deleteMarker
            case .object(let etag, let size, _, _, _): .object(etag: etag.value, size: size)
            }
        self.init(
            bucket: bucket, key: version.key, version: version.versionID, isLatest: version.isLatest,
            modified: version.modified, content: content)
    }
}

extension ExportFault {
    /// What concerns one version alone; nil for what keeps others from being read, too.
    fileprivate init?(readingFailedWith error: any Error) {
        switch error {
        case let fault as ExportFault: self = fault
        case let corruption as Corruption: self = .damaged("\(corruption)")
        case StorageError.blobMissing: self = .damaged("\(error)")
        case let error as KeyServiceError:
            switch error {
            case .keyNotFound, .invalidKeyID, .keyExists, .notSupported: self = .keyMissing("\(error)")
            case .notAuthentic: self = .damaged("its data key: \(error)")
            case .unavailable, .notAuthorized: self = .keyServiceAway("\(error)")
            }
        case SealedStorageError.customerKeyRequired, SealedStorageError.wrongCustomerKey: self = .customerKeyMissing
        default: return nil
        }
    }
}

extension ExportDescription {
    fileprivate mutating func describe(_ record: ObjectRecord) {
        let attributes = record.attributes
        headers = attributes.headers.responseHeaders.map { Pair(name: $0.name, value: $0.value) }
        metadata = attributes.metadata.map { Pair(name: $0.name, value: $0.value) }
        tags = attributes.tags.map { Pair(name: $0.key, value: $0.value) }
        storageClass = attributes.storageClass
        websiteRedirect = attributes.websiteRedirect
        retention = attributes.lock.retention.map { retention in
            Retention(
                mode: retention.mode.rawValue, until: retention.until.map(HTTPDate.iso8601),
                eventHold: retention.eventHold.map { period in
                    switch period {
                    case .days(let days): "\(days) days"
                    case .years(let years): "\(years) years"
                    }
                })
        }
        legalHold = attributes.lock.legalHold
        checksum = record.checksum.map {
            Checksum(algorithm: $0.algorithm.name, type: $0.type.rawValue, value: $0.value)
        }
    }
}

extension ExportDescription.Encryption {
    fileprivate init(_ applied: AppliedEncryption) {
        switch applied {
        case .sseS3: self.init(scheme: "SSE-S3")
        case .sseKMS(let key, let context, let bucketKey):
            self.init(
                scheme: "SSE-KMS", kmsKey: key, context: context.map { Base64.encode($0) },
                bucketKey: bucketKey ? true : nil)
        case .dsseKMS(let key, let context):
            self.init(scheme: "DSSE-KMS", kmsKey: key, context: context.map { Base64.encode($0) })
        case .sseC: self.init(scheme: "SSE-C")
        }
    }
}

extension Optional {
    fileprivate func orThrow(_ error: some Error) throws -> Wrapped {
        guard let self else { throw error }
        return self
    }
}
