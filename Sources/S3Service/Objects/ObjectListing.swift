import AccessPolicy
import ObjectStorage
import S3Protocol
import SealedStorage

/// One page of a bucket's listing as XML.
struct ObjectListing {
    let bucket: Bucket
    let parameters: ListParameters
    let access: RequestAccess
    /// Whether each object is shown with how it is encrypted, and nothing else of its metadata.
    var showsEncryption = false

    /// The most bytes that a page has: besides its key, an entry has some three hundred.
    static func longestDocument(_ parameters: ListParameters) -> Int {
        let entries = longestDocument(entries: parameters.maxKeys, parameters.encoding)
        return parameters.withMetadata ? entries + parameters.maxKeys * metadataBytes : entries
    }

    /// Bytes of an object's metadata and tags, as far as they are usual; what has more has to be escaped throughout.
    static let metadataBytes = 16 << 10

    /// The most bytes of so many entries, each of a key and of less than 768 bytes besides.
    static func longestDocument(entries: Int, _ encoding: ListEncoding) -> Int {
        // Bytes of a byte of a key: `%0A`, or `&#x1F;`.
        let factor =
            switch encoding {
            case .url: 3
            case .plain: 6
            }
        return 8192 + entries * (768 + factor * ObjectName.maximumByteCount)
    }

    func xml(_ service: ServiceContext) async throws -> [UInt8] {
        try await service.objects.list(request, withDetails: parameters.withMetadata || showsEncryption) { page in
            service.note(page.damaged)
            return xml(page)
        }
    }

    private func xml(_ page: ObjectPage) -> [UInt8] {
        var objects = page.objects
        for (index, details) in page.details.enumerated() {
            objects[index].metadata = details.flatMap {
                access.metadata($0, of: objects[index].key, in: bucket, onlyEncryption: showsEncryption)
            }
        }
        return ListBucketResult(
            bucket: bucket.name, parameters: parameters, objects: objects, commonPrefixes: page.commonPrefixes,
            next: page.isTruncated ? page.passed.map(ListPosition.key) ?? page.last : nil
        ).xml()
    }

    private var request: ListRequest {
        var request = ListRequest(
            bucket: bucket.id, prefix: parameters.prefix, delimiter: parameters.delimiter, limit: parameters.maxKeys)
        switch parameters.start {
        case .key(let key): request.after = key
        case .commonPrefix(let prefix):
            request.after = prefix
            request.skipPrefix = prefix
        case nil: break
        }
        return request
    }
}

extension RequestAccess {
    /// What the sender may be told in a listing, who could read it of each object: of one under a customer's key no more
    /// than that it is.
    ///
    /// - Parameters:
    ///   - version: as clients name it; nil for the current one.
    ///   - onlyEncryption: leaves out all but how the object is encrypted.
    func metadata(
        _ details: ListedDetails, of key: String, in bucket: Bucket, version: String? = nil,
        onlyEncryption: Bool = false
    ) -> ListedMetadata? {
        let resource = Resource.object(bucket: bucket.name, key: key)
        let conditions: [ConditionKey: [String]] = version.map { [.versionID: [$0]] } ?? [:]
        let (reading, tagging): (Action, Action) =
            version == nil
            ? (.getObject, .getObjectTagging) : (.getObjectVersion, .getObjectVersionTagging)
        guard allows(Demand(reading, on: resource, conditions: conditions)) else { return nil }
        var metadata = ListedMetadata()
        for (name, value) in details.encryption.headers { metadata.add(name, value) }
        if case .sseC = details.encryption { return metadata }
        guard !onlyEncryption else { return metadata }
        for (name, value) in details.attributes.headers.responseHeaders { metadata.add(name, value) }
        for (name, value) in details.attributes.metadata { metadata.add("x-amz-meta-\(name)", value) }
        if allows(Demand(tagging, on: resource, conditions: conditions)) { metadata.set(details.attributes.tags) }
        return metadata
    }
}
