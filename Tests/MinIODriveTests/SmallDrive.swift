import Cryptography
import Foundation
import KeyManagement
import MinIODrive

/// `data/vectors/minio-drives/small`, and what opens it.
enum SmallDrive {
    static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "data/vectors/minio-drives/small").path

    static func service() throws -> StaticKeyService {
        try StaticKeyService.parse("static-key-1:Zx1+82Tp92rfMPGP138+k60VPvTe7laGwj38kYA2rkw=")
    }

    static let customerKeys = "vb1/comp/c c9V11WYzVlsK7pz5VkyHSmibxjZOomdpej7sxg42xB8=\n"

    static func keys() throws -> DriveKeySource {
        DriveKeySource(service: try service(), customerKeys: try CustomerKeyList(parsing: customerKeys))
    }

    static func entries(in bucket: String) throws -> [DriveEntry] {
        let walk = try MinIODrive(path).objects(in: bucket)
        var entries: [DriveEntry] = []
        while let step = try walk.next() {
            if case .object(let entry) = step { entries.append(entry) }
        }
        return entries.sorted { $0.key < $1.key }
    }

    static func metadata(_ object: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: "\(path)/\(object)/xl.meta")))
    }

    /// All bytes of a version.
    static func contents(
        _ entry: DriveEntry, _ version: DriveVersion, _ file: VersionFile, _ keys: DriveKeySource
    ) async throws -> (bytes: [UInt8], key: DriveObjectKey?)? {
        guard case .object(let object) = version.kind else { return nil }
        let key: DriveObjectKey? =
            if let encryption = object.encryption {
                try await keys.open(encryption, bucket: entry.bucket, key: entry.key).key
            } else { nil }
        var bytes: [UInt8] = []
        for part in object.parts {
            let body = try entry.body(part, of: object, version: version.id, in: file, key)
            while let piece = try body.next() { bytes += piece }
        }
        return (bytes, key)
    }
}
