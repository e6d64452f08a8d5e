import Logging
import ObjectStorage
import S3Protocol
import SealedStorage

/// One page of a bucket's listing as XML.
struct ObjectListing {
    let bucket: Bucket
    let parameters: ListParameters

    /// The most bytes that a page has: besides its key, an entry has some three hundred.
    static func longestDocument(_ parameters: ListParameters) -> Int {
        longestDocument(entries: parameters.maxKeys, parameters.encoding)
    }

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
        try await service.objects.list(request) { page in
            for corruption in page.damaged { service.logger.error("damaged", metadata: ["cause": "\(corruption)"]) }
            return xml(page)
        }
    }

    private func xml(_ page: ObjectPage) -> [UInt8] {
        ListBucketResult(
            bucket: bucket.name, parameters: parameters, objects: page.objects, commonPrefixes: page.commonPrefixes,
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
