import Cryptography
import MinIODrive
import Notation
import S3Protocol
import SealedStorage

/// What an object's metadata on MinIO's drive says, in this server's terms.
extension DriveObject {
    /// - Throws: `damaged` for a lock that cannot be read: it must not become none.
    func attributes() throws(DriveFault) -> ObjectAttributes {
        let prefix = "x-amz-meta-"
        var attributes = ObjectAttributes()
        let headers = userMetadata.map { (name: $0.name.lowercased(), value: $0.value) }
        attributes.headers = ContentHeaders(headers)
        // Already without what described the request.
        attributes.headers.contentEncoding = headers.last { $0.name == "content-encoding" && !$0.value.isEmpty }?.value
        attributes.metadata = headers.filter { $0.name.hasPrefix(prefix) }
            .map { (String($0.name.dropFirst(prefix.count)), $0.value) }
            .sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
        attributes.storageClass = headers.last { $0.name == "x-amz-storage-class" }?.value
        if let tags = headers.last(where: { $0.name == "x-amz-tagging" })?.value {
            do { attributes.tags = try ObjectTags(header: tags).pairs } catch { throw .damaged("its tags") }
        }
        attributes.lock = try lock(headers)
        return attributes
    }

    private func lock(_ headers: [(name: String, value: String)]) throws(DriveFault) -> ObjectLock {
        func value(_ name: String) -> String? {
            headers.last { $0.name == "x-amz-object-lock-\(name)" }?.value
        }
        var lock = ObjectLock()
        switch value("legal-hold") {
        case nil, "": break
        case "ON": lock.legalHold = true
        case "OFF": lock.legalHold = false
        case .some: throw .damaged("its legal hold")
        }
        switch (value("mode"), value("retain-until-date")) {
        case (nil, nil), ("", ""), ("", nil), (nil, ""): break
        case (let mode?, let until?):
            guard let mode = ObjectLock.Mode(rawValue: mode), let until = HTTPDate.milliseconds(until) else {
                throw .damaged("its retention")
            }
            lock.retention = ObjectLock.Retention(mode: mode, until: until)
        case (.some, nil), (nil, .some): throw .damaged("its retention")
        }
        return lock
    }
}

extension DriveChecksum {
    var algorithmName: S3ChecksumAlgorithm {
        switch algorithm {
        case .sha256: .sha256
        case .sha1: .sha1
        case .crc32: .crc32
        case .crc32c: .crc32c
        case .crc64nvme: .crc64nvme
        }
    }

    var stored: StoredChecksum {
        let text = Base64.encode(sum)
        return StoredChecksum(
            algorithm: algorithmName, type: compositeCount == nil ? .fullObject : .composite,
            value: compositeCount.map { "\(text)-\($0)" } ?? text)
    }

    /// What a part's bytes must sum up to; nil where that was not kept.
    func ofPart(_ index: Int) -> S3Checksum? {
        partSums.indices.contains(index) ? S3Checksum(algorithmName, bytes: partSums[index]) : nil
    }

    /// What all bytes must sum up to; nil for a sum of sums.
    var ofBytes: S3Checksum? { compositeCount == nil ? S3Checksum(algorithmName, bytes: sum) : nil }
}
