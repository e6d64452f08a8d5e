import Cryptography
import JSON
import KeyManagement

/// What the server keeps for itself: settings of buckets, and of users.
extension MinIODrive {
    /// Bytes of one such file.
    static let longestSystemFile = 16 << 20

    /// The contents of the newest version of an object of the server's own; nil when there is none.
    func systemContents(_ key: String, _ keys: DriveKeySource) async throws(DriveFault) -> [UInt8]? {
        guard let entry = try systemObject(key) else { return nil }
        return try await contents(of: entry, keys)
    }

    func contents(of entry: DriveEntry, _ keys: DriveKeySource) async throws(DriveFault) -> [UInt8]? {
        let file = try entry.file()
        guard let newest = file.versions().last else { return nil }
        let version = try newest.get()
        guard case .object(let object) = version.kind else { return nil }
        guard object.size <= Int64(Self.longestSystemFile) else { throw .unsupported("\(entry.key) is too long") }
        let key: DriveObjectKey? =
            if let encryption = object.encryption {
                try await keys.open(encryption, bucket: entry.bucket, key: entry.key).key
            } else { nil }
        var bytes: [UInt8] = []
        for part in object.parts {
            let body = try entry.body(part, of: object, version: version.id, in: file, key)
            while let piece = try body.next() { bytes += piece }
        }
        return try await ConfigurationStream.open(bytes, path: entry.key, keys)
    }

    /// The settings of a bucket; nil when it has no record.
    package func settings(of bucket: String, _ keys: DriveKeySource) async throws(DriveFault) -> BucketSettings? {
        guard let contents = try await systemContents("buckets/\(bucket)/.metadata.bin", keys) else { return nil }
        return try BucketSettings(contents)
    }

    /// The documents of users, groups, policies and access keys by their paths below `config/iam/`, and what of them
    /// could not be read.
    package func identityDocuments(
        _ keys: DriveKeySource
    ) async throws(DriveFault) -> (documents: [String: [UInt8]], faults: [String: DriveFault]) {
        let prefix = "config/iam/"
        guard let walk = try systemObjects(under: "config/iam") else { return ([:], [:]) }
        var documents: [String: [UInt8]] = [:]
        var faults: [String: DriveFault] = [:]
        while let step = try walk.next() {
            switch step {
            case .unreadable(let key, let fault): faults[key] = fault
            case .object(let entry):
                let name = String(decoding: entry.key.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
                // Sessions have ended with their server.
                guard !name.hasPrefix("sts/") else { continue }
                guard documents.count < Self.mostDocuments else {
                    throw .unsupported("more than \(Self.mostDocuments) users, groups and policies")
                }
                do throws(DriveFault) {
                    documents[name] = try await contents(of: entry, keys)
                } catch {
                    faults[name] = error
                }
            }
        }
        return (documents, faults)
    }

    private static let mostDocuments = 1_000_000
}

/// A configuration file that the server has encrypted with its key service.
///
/// Form: 1 ‖ length (32 bits, little-endian) ‖ a JSON document that names key, cipher and nonce ‖ fragments of 16 384
/// bytes, each sealed with its number.
enum ConfigurationStream {
    private static let fragment = 16_384

    /// - Parameter path: of the file below `.minio.sys`, which its key is bound to.
    /// - Returns: the plaintext, and a file that is not encrypted as it is.
    static func open(_ bytes: [UInt8], path: String, _ keys: DriveKeySource) async throws(DriveFault) -> [UInt8] {
        guard bytes.first == 1, bytes.count >= 5 else { return bytes }
        let length = Int(bytes[1]) | Int(bytes[2]) << 8 | Int(bytes[3]) << 16 | Int(bytes[4]) << 24
        guard length <= bytes.count - 5, let head = JSONValue(Array(bytes[5..<5 + length])),
            let name = head["keyid"]?.string, let wrapped = head["kmskey"]?.string.flatMap({ Base64.decode($0) }),
            let nonce = head["nonce"]?.string.flatMap({ Base64.decode($0) }), nonce.count == 8
        else {
            // A bucket's record begins with the same byte.
            return bytes
        }
        let cipher: AEADAlgorithm
        switch head["algorithm"]?.string {
        case "AES-256-GCM": cipher = .aes256GCM
        case "ChaCha20Poly1305": cipher = .chaCha20Poly1305
        case let other: throw .unsupported("\(path): the cipher \(other ?? "")")
        }
        let root = MinIODrive.systemDirectory
        let key: SecretKey
        do throws(DriveFault) {
            key = try await keys.decrypt(wrapped, under: name, KMSContext([root: "\(root)/\(path)"]))
        } catch .keyWrong(_) {
            // Former servers have bound it to the path alone.
            key = try await keys.decrypt(wrapped, under: name, KMSContext([root: path]))
        }
        return try open(bytes[(5 + length)...], key: key, nonce: nonce, cipher)
    }

    private static func open(
        _ sealed: ArraySlice<UInt8>, key: SecretKey, nonce: [UInt8], _ cipher: AEADAlgorithm
    ) throws(DriveFault) -> [UInt8] {
        func numbered(_ number: UInt32) -> [UInt8] {
            nonce + withUnsafeBytes(of: number.littleEndian) { [UInt8]($0) }
        }
        let tag = AEAD.seal([], key: key, nonce: numbered(0), associatedData: [], algorithm: cipher)
        var plaintext: [UInt8] = []
        var rest = sealed
        var number: UInt32 = 1
        while true {
            let piece = rest.prefix(fragment + AEADAlgorithm.tagByteCount)
            rest = rest.dropFirst(piece.count)
            do {
                plaintext += try AEAD.open(
                    Array(piece), key: key, nonce: numbered(number), associatedData: [rest.isEmpty ? 0x80 : 0] + tag,
                    algorithm: cipher)
            } catch {
                throw .damaged("an encrypted configuration file")
            }
            guard !rest.isEmpty else { return plaintext }
            number += 1
        }
    }
}
