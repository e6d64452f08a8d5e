import AccessPolicy
import Encryption
import Notation
import ObjectStorage
import S3Protocol
import SealedStorage

/// What GET and HEAD of an object have in common: which bytes are wanted, under which conditions, with which key.
struct ObjectReadRequest: Sendable {
    private let request: S3Request
    private let bucket: BucketName
    private let object: ObjectName
    private let version: RequestedVersion
    private let customerKey: CustomerKey?
    private let preconditions: Preconditions
    private let range: String?
    private let partNumber: Int?
    private let wantsChecksum: Bool
    private let overrides: ResponseOverrides

    init(_ request: S3Request) throws(S3Error) {
        self.request = request
        bucket = try request.bucket
        object = try request.object
        customerKey = try SSEHeaders.ofRead(request.headers, secrets: request.secrets, isSecure: request.isSecure)
            .map { CustomerKey($0) }
        preconditions = Preconditions(request.headers)
        range = request.header("range")
        overrides = try ResponseOverrides(request.target.query)
        // Whoever makes a link would say as what another's browser shows an object, in this server's name.
        guard overrides.isEmpty || !request.principal.isAnonymous else {
            throw S3Error(
                .invalidRequest, "Request specific response headers cannot be used for anonymous GET requests.")
        }
        wantsChecksum = request.header("x-amz-checksum-mode")?.uppercased() == "ENABLED"
        partNumber = if let text = request.query("partNumber") { try PartNumber.parse(text) } else { nil }
        if partNumber != nil, range != nil {
            throw S3Error(.invalidRequest, "Cannot specify both Range header and partNumber query parameter")
        }
        version = try RequestedVersion(request)
    }

    /// The answer to everything but a body: status, headers, and which plaintext bytes of what go with it.
    struct Resolved {
        enum Outcome {
            case notModified
            case content(Range<Int64>, isPartial: Bool)
        }

        let object: StoredObject
        let outcome: Outcome
        let headers: [(name: String, value: String)]

        var isPartial: Bool {
            switch outcome {
            case .notModified: false
            case .content(_, let isPartial): isPartial
            }
        }
    }

    var demands: [Demand] {
        [Demand(version.readAction, on: object, in: bucket, conditions: version.conditions)]
    }

    /// Tells that the object was read, where somebody is to be told.
    func tell(_ name: EventName, of object: StoredObject, in bucket: Bucket, _ service: ServiceContext) {
        service.tell(name, of: object, to: request, in: bucket)
    }

    /// Whether a part of the object is asked for, by its number.
    var isOfPart: Bool { partNumber != nil }

    /// Whether resolving it takes longer than an event loop may be held: a part's place is looked up in a long manifest.
    func isLong(_ object: StoredObject) -> Bool { partNumber != nil && !object.isManifestShort }

    /// Checks key and conditions, and resolves the range.
    func resolve(_ object: StoredObject, in bucket: Bucket, _ service: ServiceContext) throws -> Resolved {
        try request.access.require(demands, of: object, in: bucket)
        let record = object.record
        // The key comes before the conditions: metadata of an SSE-C object is for those who have its key.
        try service.objects.verify(customerKey, opens: object)

        var headers = validators(object)
        if let versionID = object.versionID(in: bucket) { headers.append(("x-amz-version-id", versionID)) }
        switch preconditions.evaluate(etag: record.etag, modified: object.columns.modified) {
        case .proceed: break
        case .failed: throw S3Error(.preconditionFailed)
        case .notModified:
            return Resolved(
                object: object, outcome: .notModified, headers: headers + record.attributes.cachingHeaders)
        }

        let size = object.columns.size
        var wanted = 0..<size
        var isPartial = false
        var checksum = record.checksum
        if let partNumber {
            let part = try part(partNumber, of: object, service)
            wanted = part.range
            // A part's own checksum goes by the type of the whole's.
            if let value = part.checksum, let whole = record.checksum {
                checksum = StoredChecksum(algorithm: whole.algorithm, type: whole.type, value: value)
            } else if wanted != 0..<size {
                checksum = nil
            }
            // Of no bytes there is no `Content-Range`, and so no 206.
            isPartial = !wanted.isEmpty
            if record.partCount > 0 { headers.append(("x-amz-mp-parts-count", "\(record.partCount)")) }
        } else if let range, preconditions.servesRange(etag: record.etag, modified: object.columns.modified) {
            switch RangeOutcome.of(range, size: size) {
            case .whole: break
            case .slice(let slice):
                wanted = slice
                isPartial = true
                if wanted != 0..<size { checksum = nil }
            case .unsatisfiable:
                throw ByteRange.unsatisfiable(range, size: size)
            }
        }
        if isPartial {
            headers.append(("content-range", ByteRange.contentRange(wanted, size: size)))
        }
        record.attributes.appendResponseHeaders(overrides, to: &headers)
        // An older version has an end of its own, which this header is not about.
        if version.selector == .current, let lifecycle = bucket.lifecycle {
            headers += lifecycle.expirationHeader(
                ofKey: object.columns.key, size: size, modified: object.columns.modified, tags: record.attributes.tags)
        }
        let lock = record.attributes.lock
        if !lock.isEmpty { headers += request.visibleHeaders(of: lock, self.object, in: self.bucket) }
        let encryption = try service.objects.encryption(of: object, customerKey)
        try request.access.requireUse(of: encryption.kmsKey, .decryptDataKey)
        headers += encryption.headers
        if wantsChecksum, let checksum { headers += checksum.headers }
        return Resolved(object: object, outcome: .content(wanted, isPartial: isPartial), headers: headers)
    }

    var bucketName: BucketName { bucket }

    /// The object that it is of, with what keeps its body when that is wanted.
    ///
    /// - Throws: for one that is not there, and for a delete marker.
    func find(in bucket: Bucket, withBody: Bool, _ service: ServiceContext) throws -> StoredObject {
        try request.access.revealing(object, in: self.bucket) {
            withBody
                ? try service.objects.requireWithBody(bucket, key: object, version: version.selector)
                : try service.objects.require(bucket, key: object, version: version.selector)
        }
    }

    var key: CustomerKey? { customerKey }

    private func validators(_ object: StoredObject) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        // For those that follow, too, and those of every answer.
        headers.reserveCapacity(16)
        headers.append(("etag", object.record.etag.quoted))
        headers.append(("last-modified", HTTPDate.format(object.columns.modified)))
        headers.append(("accept-ranges", "bytes"))
        return headers
    }

    /// Where a part lies in the object, and its own checksum in base64, if it has one.
    private func part(
        _ number: Int, of object: StoredObject, _ service: ServiceContext
    ) throws -> (range: Range<Int64>, checksum: String?) {
        let unsatisfiable = S3Error(.invalidPartNumber)
        guard object.record.partCount > 0 else {
            guard number == 1 else { throw unsatisfiable }
            return (0..<object.columns.size, nil)
        }
        let parts = try service.objects.manifest(of: object).parts
        // Parts count from one in the order of the object, whatever numbers they were uploaded under.
        guard number <= parts.count else { throw unsatisfiable }
        let start = parts.prefix(number - 1).reduce(0) { $0 + $1.size }
        return (start..<start + parts[number - 1].size, parts[number - 1].checksum)
    }
}
