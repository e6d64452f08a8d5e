import Cryptography
import Encryption
import KeyManagement
import NIOCore
import ObjectStorage
import S3Protocol
import SealedStorage
import TestSupport

/// A sealed drive in a directory of its own, with one bucket.
struct DriveFixture {
    let directory: TemporaryDirectory
    let store: ObjectStore
    let drive: SealedDrive
    let kmsKey: KeyID

    static func make(_ options: StoreOptions = StoreOptions()) async throws -> DriveFixture {
        let directory = try TemporaryDirectory()
        let store = try ObjectStore.open("\(directory.path)/drive", options: options)
        let kmsKey = try KeyID("master")
        let service = StaticKeyService(name: kmsKey, key: SecretKey())
        let records = SealedRecords(store: store)
        try records.unlock(with: SecretKey())
        let clock = { @Sendable in Int64(1_700_000_000_000) }
        let cache = DataKeyCache(service: service)
        let drive = try SealedDrive(
            records: records, keys: DataKeys(service: service, store: store, cache: cache, clock: clock))
        try await drive.buckets.create(try BucketName("bucket"), at: 1)
        return DriveFixture(directory: directory, store: store, drive: drive, kmsKey: kmsKey)
    }

    var bucket: Bucket {
        get throws { try drive.buckets.bucket(try BucketName("bucket")) }
    }

    /// Under a data key of its own, which goes when the object is overwritten.
    @discardableResult
    func write(
        _ key: String, _ bytes: [UInt8], _ conditions: [(name: String, value: String)] = []
    ) async throws -> WrittenObject {
        let draft = ObjectDraft(
            bucket: try bucket, key: try ObjectName(key),
            encryption: .sseKMS(key: kmsKey, clientContext: nil, bucketKey: false), attributes: ObjectAttributes(),
            modified: 1)
        return try await drive.objects.write(Bytes(bytes), as: draft, conditions: try WritePreconditions(conditions))
    }

    func read(_ key: String) async throws -> [UInt8]? {
        guard let object = try drive.objects.findWithBody(try bucket, key: try ObjectName(key)) else { return nil }
        let body = try await drive.objects.body(of: object, 0..<object.columns.size, nil)
        var bytes: [UInt8] = []
        while let block = try await body.next(upTo: 512 * 1024) { bytes += Array(block.readableBytesView) }
        return bytes
    }
}

/// A source of bytes in memory.
///
/// Unchecked: pulled by one task.
final class Bytes: ByteSource, @unchecked Sendable {
    private var rest: ByteBuffer?
    let length: Int64

    init(_ bytes: [UInt8]) {
        rest = bytes.isEmpty ? nil : ByteBuffer(bytes: bytes)
        length = Int64(bytes.count)
    }

    var blockBytes: Int { 1 << 20 }

    func computeMD5() {}

    func next() async throws -> ByteBuffer? {
        defer { rest = nil }
        return rest
    }

    var md5: [UInt8]? { nil }
    var checksum: S3Checksum? { nil }
}
