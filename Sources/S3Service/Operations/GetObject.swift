import Encryption
import ObjectStorage
import S3Protocol

struct GetObject: S3Operation {
    static let name = "GetObject"
    static let route = Route("GET", .object, allowing: ["versionId", "partNumber"])

    private let read: ObjectReadRequest

    init(_ request: S3Request) throws(S3Error) {
        read = try ObjectReadRequest(request)
    }

    func begin(in service: ServiceContext) throws -> S3Progress {
        let bucket = try service.buckets.bucket(read.names.bucket)
        let stored = try service.store.versionWithBody(bucket.id, key: read.names.object.rawValue)
        let resolved = try read.resolve(stored?.version, in: bucket, service: service)
        switch resolved.outcome {
        case .notModified:
            return .done(S3Response(status: 304, headers: resolved.headers))
        case .content(let wanted, let isPartial):
            let columns = resolved.version.columns
            let key = StoredObjectKey(
                record: resolved.record.encryption, version: columns.version, bucket: columns.bucket,
                dataKey: columns.dataKey, customerKey: read.key, name: columns.key)
            let segments = try segments(of: resolved.version, wanted, stored?.inline, service)
            let respond = { @Sendable (objectKey: ObjectKey) in
                S3Response(
                    status: isPartial ? 206 : 200, headers: resolved.headers,
                    body: .object(
                        ObjectBody(
                            store: service.store, objectKey: objectKey, segments: segments,
                            name: .init(bucket: bucket.name, key: columns.key), lease: stored?.lease)))
            }
            if let objectKey = try service.objectKeyAtHand(key) { return .done(respond(objectKey)) }
            return .waiting { respond(try await service.objectKey(key)) }
        }
    }

    private func segments(
        of version: StoredVersion, _ wanted: Range<Int64>, _ inline: [UInt8]?, _ service: ServiceContext
    ) throws -> [ObjectBody.Segment] {
        let columns = version.columns
        let whole = StreamIdentity(versionID: columns.version.bytes, partNumber: 0)
        switch columns.body {
        case .inline:
            guard let inline else { throw Corruption(what: "data of object \"\(columns.key)\" (missing)") }
            return [.init(source: .memory(inline), identity: whole, size: columns.size, wanted: wanted)]
        case .file:
            guard let blob = columns.blob else { throw Corruption(what: "row of object \"\(columns.key)\"") }
            return [.init(source: .blob(blob), identity: whole, size: columns.size, wanted: wanted)]
        case .parts:
            var segments: [ObjectBody.Segment] = []
            var start: Int64 = 0
            for part in try service.catalogue.manifest(of: version).parts {
                let slice = wanted.clamped(to: start..<start + part.size)
                if !slice.isEmpty {
                    segments.append(
                        .init(
                            source: .blob(part.blob),
                            identity: StreamIdentity(versionID: part.blob.bytes, partNumber: part.number),
                            size: part.size, wanted: slice.lowerBound - start..<slice.upperBound - start))
                }
                start += part.size
            }
            return segments
        case .none:
            throw Corruption(what: "row of object \"\(columns.key)\"")
        }
    }
}
