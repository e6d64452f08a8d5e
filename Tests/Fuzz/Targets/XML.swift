import S3Protocol

extension FuzzTarget {
    /// Every document that requests bring: what is read and written is read the same again.
    static let xml = FuzzTarget("xml") { (bytes) throws(BrokenPromise) in
        guard let root = try? XMLReader.parse(bytes) else { return }
        switch root.name {
        case "Tagging": try again(bytes, { try ObjectTags(document: $0, maximum: 50) }, written: { $0.xml() })
        case "VersioningConfiguration":
            try again(bytes, { try VersioningConfiguration.parse($0) }, written: { $0.xml() })
        case "ServerSideEncryptionConfiguration":
            try again(bytes, { try ServerSideEncryptionConfiguration.parse($0) }, written: { $0.xml() })
        case "LifecycleConfiguration":
            try again(bytes, { try LifecycleConfiguration.parse($0) }, written: { $0.xml() })
            try again(bytes, { try LifecycleConfiguration.parse(stored: $0) }, written: { $0.storedXML() })
        case "CORSConfiguration": try again(bytes, { try CORSConfiguration.parse($0) }, written: { $0.xml() })
        case "NotificationConfiguration":
            try again(bytes, { try NotificationConfiguration.parse($0) }, written: { $0.xml() })
        case "PublicAccessBlockConfiguration":
            try again(bytes, { try PublicAccessBlock.parse($0) }, written: { $0.xml() })
        case "OwnershipControls": try again(bytes, { try OwnershipControls.parse($0) }, written: { $0.xml() })
        case "ObjectLockConfiguration":
            try again(bytes, { try ObjectLockConfiguration.parse($0) }, written: { $0.xml() })
        case "CreateBucketConfiguration": _ = try? CreateBucketConfiguration.parse(bytes)
        case "Retention": _ = try? ObjectRetentionRequest.parse(bytes)
        case "LegalHold": _ = try? ObjectLock.parseLegalHold(bytes)
        case "Delete": _ = try? DeleteObjectsRequest.parse(bytes)
        case "CompleteMultipartUpload": _ = try? CompleteMultipartUploadRequest.parse(bytes)
        default: break
        }
        _ = try? AccessControlList.requireOwnerOnly(document: bytes)
        _ = try? ObjectEncryption.parse(bytes)
    }

    private static func again<Document>(
        _ bytes: [UInt8], _ parse: ([UInt8]) throws -> Document, written: (Document) -> [UInt8]
    ) throws(BrokenPromise) {
        guard let document = try? parse(bytes) else { return }
        let once = written(document)
        guard let second = try? parse(once) else { throw BrokenPromise("what was written is refused: \(once.text)") }
        let twice = written(second)
        try require(twice == once, "written \(once.text), then \(twice.text)")
    }
}
