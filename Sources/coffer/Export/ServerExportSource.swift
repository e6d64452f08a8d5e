import Cryptography
import Encryption
import Maintenance
import MinIODrive
import NIOCore
import Notation
import S3Client
import S3Protocol

/// A running server, asked as any client asks it: with the rights of whose access key it is.
///
/// The server authenticates what it reads. What arrives is compared with the object's checksum, where it has one of all its
/// bytes.
struct ServerExportSource: ExportSource {
    let client: S3Client
    let customerKeys: CustomerKeyList
    /// Waits until so many bytes may be read.
    let admit: @Sendable (Int) async throws -> Void

    func buckets() async throws -> [String] { try await client.buckets().map(\.name) }

    func isLocked(_ bucket: String) async throws -> Bool { try await client.locksVersions(bucket) }

    func page(of bucket: String, prefix: String, after place: ExportPlace?) async throws -> ExportPage {
        let page = try await client.versions(
            ObjectAddress(bucket: bucket, key: prefix),
            after: place.map { S3Client.VersionPlace(key: $0.key, version: $0.version) })
        return ExportPage(
            entries: try page.versions.map { version in
                guard let modified = HTTPDate.milliseconds(version.modified) else {
                    throw S3ClientError.unreadable("s3://\(bucket)/\(version.key): a time that is none")
                }
                return ExportEntry(
                    bucket: bucket, key: version.key, version: version.version, isLatest: version.isLatest,
                    modified: modified,
                    content: version.etag.map { .object(etag: $0, size: version.size) } ?? .deleteMarker)
            }, next: page.next.map { ExportPlace(key: $0.key, version: $0.version) })
    }

    func open(_ entry: ExportEntry) async throws -> ExportedObject {
        let address = ObjectAddress(bucket: entry.bucket, key: entry.key, version: entry.version)
        do {
            let (head, customerKey) = try await head(of: address)
            var description = ExportDescription(entry)
            description.describe(head.headers)
            if head.headers["x-amz-tagging-count"] != nil {
                description.tags = try await client.tags(of: address).pairs.map { .init(name: $0.key, value: $0.value) }
            }
            return ExportedObject(
                description: description, customerKey: customerKey,
                makeBody: { ServerExportBody(client, address, head, customerKey, admit) })
        } catch let error as S3ClientError {
            guard error.isNotFound else { throw error }
            throw ExportFault.gone
        }
    }

    /// What the server says of an object, with the customer's key that it takes if it wants one.
    private func head(of address: ObjectAddress) async throws -> (S3Client.ObjectHead, CustomerKey?) {
        do throws(S3ClientError) {
            return (try await client.head(address), nil)
        } catch {
            // The answer to a HEAD that lacks a customer's key.
            guard case .refused(400, _, _) = error else { throw error }
        }
        guard client.isSecure else { throw ExportFault.customerKeyMissing }
        for key in customerKeys.keys(bucket: address.bucket, key: address.key) {
            let candidate = CustomerKey(key: key)
            do throws(S3ClientError) {
                return (try await client.head(address, WantedEncryption(candidate)), candidate)
            } catch {
                guard case .refused(400...403, _, _) = error else { throw error }
            }
        }
        throw ExportFault.customerKeyMissing
    }
}

extension WantedEncryption {
    /// With a customer's key.
    init(_ key: CustomerKey) { self = .customer(key.key.withUnsafeBytes { [UInt8]($0) }) }
}

/// An object's bytes, a piece after the other.
private final class ServerExportBody: ExportBody, @unchecked Sendable {
    // Unchecked: owned by the one task that exports the version.

    private static let piece: Int64 = 4 << 20

    private let client: S3Client
    private let address: ObjectAddress
    private let head: S3Client.ObjectHead
    private let encryption: WantedEncryption
    private let admit: @Sendable (Int) async throws -> Void
    private let sum: S3ChecksumCalculator?
    private var position: Int64 = 0

    init(
        _ client: S3Client, _ address: ObjectAddress, _ head: S3Client.ObjectHead, _ customerKey: CustomerKey?,
        _ admit: @escaping @Sendable (Int) async throws -> Void
    ) {
        self.client = client
        self.address = address
        self.head = head
        self.admit = admit
        encryption = customerKey.map { WantedEncryption($0) } ?? .ofBucket
        sum = head.checksum.map { S3ChecksumCalculator($0.algorithm) }
    }

    func next() async throws -> ByteBuffer? {
        guard position < head.size else {
            if let sum, sum.finalize() != head.checksum {
                throw ExportFault.damaged("the bytes that came do not have the checksum of those that are stored")
            }
            return nil
        }
        let range = position..<min(head.size, position + Self.piece)
        let bytes: [UInt8]
        do throws(S3ClientError) {
            bytes = try await client.read(address, range, etag: head.etag, encryption)
        } catch {
            switch error {
            case .refused(404, _, _), .refused(412, _, _): throw ExportFault.gone
            // A body that the server cannot authenticate is cut off.
            case .damaged(let what): throw ExportFault.damaged(what)
            case .refused(500, let code, let message): throw ExportFault.damaged("\(message) (\(code))")
            default: throw error
            }
        }
        bytes.withUnsafeBytes { sum?.update($0) }
        position = range.upperBound
        try await admit(bytes.count)
        return ByteBuffer(bytes: bytes)
    }
}

extension ExportDescription {
    /// What the headers of an answer say.
    fileprivate mutating func describe(_ answer: [String: String]) {
        for name in [
            "content-type", "cache-control", "content-disposition", "content-encoding", "content-language", "expires",
        ] {
            if let value = answer[name] { headers.append(Pair(name: name, value: value)) }
        }
        metadata = answer.filter { $0.key.hasPrefix(S3Client.metadataPrefix) }.map {
            Pair(name: String($0.key.dropFirst(S3Client.metadataPrefix.count)), value: EncodedWord.decode($0.value))
        }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        storageClass = answer["x-amz-storage-class"]
        websiteRedirect = answer["x-amz-website-redirect-location"]
        if let mode = answer["x-amz-object-lock-mode"] {
            retention = Retention(
                mode: mode, until: answer["x-amz-object-lock-retain-until-date"], eventHold: nil)
        }
        legalHold = answer["x-amz-object-lock-legal-hold"].map { $0 == "ON" }
        encryption = Encryption(answer)
        let type = answer["x-amz-checksum-type"] ?? S3ChecksumType.fullObject.rawValue
        for algorithm in S3ChecksumAlgorithm.allCases {
            guard let value = answer[algorithm.header] else { continue }
            checksum = Checksum(algorithm: algorithm.name, type: type, value: value)
        }
    }
}

extension ExportDescription.Encryption {
    fileprivate init?(_ answer: [String: String]) {
        let key = answer["x-amz-server-side-encryption-aws-kms-key-id"]
        let context = answer["x-amz-server-side-encryption-context"]
        switch answer["x-amz-server-side-encryption"] {
        case "AES256": self.init(scheme: "SSE-S3")
        case "aws:kms":
            let bucketKey = answer["x-amz-server-side-encryption-bucket-key-enabled"] == "true"
            self.init(scheme: "SSE-KMS", kmsKey: key, context: context, bucketKey: bucketKey ? true : nil)
        case "aws:kms:dsse": self.init(scheme: "DSSE-KMS", kmsKey: key, context: context)
        default:
            guard answer["x-amz-server-side-encryption-customer-algorithm"] != nil else { return nil }
            self.init(scheme: "SSE-C")
        }
    }
}
