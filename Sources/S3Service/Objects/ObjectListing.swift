import ObjectStorage
import S3Protocol

/// One page of a bucket's listing, from the catalogue to XML in one piece of work off the event loop.
struct ObjectListing {
    let bucket: Bucket
    let parameters: ListParameters

    func xml(_ service: ServiceContext) async throws -> [UInt8] {
        let bucket = bucket
        let parameters = parameters
        return try await service.store.offload {
            let page = try service.store.list(Self.request(bucket, parameters))
            var objects: [ListedObject] = []
            objects.reserveCapacity(page.entries.count)
            var commonPrefixes: [String] = []
            var last: ListPosition?
            for entry in page.entries {
                switch entry {
                case .version(let version):
                    let columns = version.columns
                    let (etag, storageClass) = try service.catalogue.listed(version)
                    objects.append(
                        ListedObject(
                            key: columns.key, modified: columns.modified, etag: etag, size: columns.size,
                            storageClass: storageClass ?? StorageClass.standard.rawValue))
                    last = .key(columns.key)
                case .commonPrefix(let prefix):
                    commonPrefixes.append(prefix)
                    last = .commonPrefix(prefix)
                }
            }
            return ListBucketResult(
                bucket: bucket.name, parameters: parameters, objects: objects, commonPrefixes: commonPrefixes,
                next: page.isTruncated ? last : nil
            ).xml()
        }
    }

    private static func request(_ bucket: Bucket, _ parameters: ListParameters) -> ListRequest {
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
