import Maintenance
import NIOCore
import Notation
import Requests
import S3Client
import S3Protocol
import Synchronization

/// Objects to any S3 server, each as a write of a client's.
///
/// A version has the id and time that it had where it comes from in its user metadata, as `coffer-origin`: by that it is
/// known when the export is made again. The server compares every piece with its checksum.
final class S3ExportTarget: ExportTarget {
    /// What is known of a bucket that is written to.
    private struct Known {
        let keepsVersions: Bool
        let locks: Bool
        /// Whether there was nothing where the objects go, so that nothing need be looked for.
        var isEmpty: Bool
    }

    private struct State {
        /// By the names of the source's buckets.
        var buckets: [String: Known] = [:]
        /// What the server has refused once: it is not asked again.
        var refused: Set<Attribute> = []
    }

    /// What a server may not have.
    private enum Attribute: Hashable {
        case encryption(String)
        case storageClass(String)
        case tags
    }

    private let client: S3Client
    /// A bucket and a prefix for all objects; nil for buckets of the same names.
    private let place: ObjectAddress?
    /// Whether the prefix has the name of the source's bucket behind it.
    private let namesBuckets: Bool
    private let scope: Export.Scope
    private let state = Mutex(State())

    /// Each has up to five pieces in memory, 80 MiB.
    let parallel = 4

    init(_ client: S3Client, _ place: ObjectAddress?, namesBuckets: Bool, _ scope: Export.Scope) {
        self.client = client
        self.place = place
        self.namesBuckets = namesBuckets
        self.scope = scope
    }

    private func address(_ bucket: String, key: String) -> ObjectAddress {
        guard let place else { return ObjectAddress(bucket: bucket, key: key) }
        let prefix = place.key.isEmpty || place.key.hasSuffix("/") ? place.key : place.key + "/"
        return ObjectAddress(bucket: place.bucket, key: prefix + (namesBuckets ? "\(bucket)/" : "") + key)
    }

    func begin(_ bucket: String, isLocked: Bool) async throws -> String? {
        let target = address(bucket, key: "")
        do throws(S3ClientError) {
            if try await !client.hasBucket(target.bucket) {
                try await client.makeBucket(target.bucket, isLocked: isLocked)
                if scope == .all, !isLocked { try await client.keepVersions(target.bucket) }
            }
            let keeps = try await client.keepsVersions(target.bucket)
            let locks = try await keeps ? client.locksVersions(target.bucket) : false
            let isEmpty = try await client.versions(target, after: nil, limit: 1).versions.isEmpty
            state.withLock { $0.buckets[bucket] = Known(keepsVersions: keeps, locks: locks, isEmpty: isEmpty) }
            return nil
        } catch {
            guard case .refused = error, !error.isPassing else { throw error }
            return "\(target): \(error)"
        }
    }

    func isPassing(_ error: any Error) -> Bool {
        guard (error as? S3ClientError)?.isPassing == true else { return false }
        // Something may be there now whose answer was lost.
        state.withLock { state in for bucket in state.buckets.keys { state.buckets[bucket]?.isEmpty = false } }
        return true
    }

    private func known(_ bucket: String) -> Known {
        guard let known = state.withLock({ $0.buckets[bucket] }) else {
            preconditionFailure("begin comes before the objects of a bucket")
        }
        return known
    }

    // MARK: What is there

    func present(_ versions: [ExportEntry]) async throws -> [Presence] {
        guard let first = versions.first else { return [] }
        let known = known(first.bucket)
        let address = address(first.bucket, key: first.key)
        if known.keepsVersions {
            if known.isEmpty { return versions.map { _ in .missing } }
            return try await ExportedVersions(at: address, client).presence(of: versions)
        }
        let latest = versions.count - 1
        let there: String?? = try await known.isEmpty ? nil : origin(at: address)
        return try versions.indices.map { index in
            guard index == latest, !versions[index].isDeleteMarker else {
                return .barred(ExportObstacle(.noVersions, "the bucket keeps one version of a key"))
            }
            switch there {
            case nil: return .missing
            case .some(nil): throw ExportObstacle(.inTheWay, "an object that is not of an export")
            case .some(let origin?): return origin == ExportOrigin.text(versions[index]) ? .there : .missing
            }
        }
    }

    /// Which version an object was; nil where there is none, and within for one that somebody else has written.
    private func origin(at address: ObjectAddress) async throws -> String?? {
        do throws(S3ClientError) {
            return .some(ExportOrigin.of(try await client.head(address)))
        } catch {
            guard error.isNotFound else { throw error }
            return nil
        }
    }

    // MARK: Writing

    func write(_ object: ExportedObject, _ entry: ExportEntry) async throws -> [ExportLoss] {
        let address = address(entry.bucket, key: entry.key)
        let known = known(entry.bucket)
        var dropped: Set<Attribute> = []
        while true {
            var request = try request(object, entry, known, without: dropped)
            let body = BodySource(try await object.makeBody())
            do {
                try await client.upload(
                    from: body, to: address, headers: request.headers, request.encryption,
                    mayRepeat: !known.keepsVersions
                ) { _ in }
                // Of several it is not known which one it was.
                if dropped.count == 1 { state.withLock { $0.refused.formUnion(dropped) } }
                return request.losses
            } catch let error as S3ClientError {
                guard case .refused(let status, let code, _) = error, !error.isPassing else { throw error }
                // What may be why is left out, one after the other, until nothing is left that could be.
                guard status == 400 || status == 501 || code.hasPrefix("KMS"),
                    let attribute = request.doubtful.popLast()
                else { throw ExportObstacle(.refused, "\(error)") }
                dropped.insert(attribute)
            }
        }
    }

    private struct Request {
        var headers: [(name: String, value: String)]
        var encryption = WantedEncryption.ofBucket
        var losses: [ExportLoss] = []
        /// What servers may not have and this has, the likeliest last.
        var doubtful: [Attribute] = []
    }

    /// - Parameter dropped: what is left out besides what was refused before.
    private func request(
        _ object: ExportedObject, _ entry: ExportEntry, _ known: Known, without dropped: Set<Attribute>
    ) throws -> Request {
        let description = object.description
        let refused = state.withLock { $0.refused }.union(dropped)
        var request = Request(headers: description.headers.map { ($0.name, $0.value) })
        request.headers += description.metadata.map { (S3Client.metadataPrefix + $0.name, $0.value) }
        request.headers.append((ExportOrigin.header, ExportOrigin.text(entry)))
        if let location = description.websiteRedirect {
            request.headers.append(("x-amz-website-redirect-location", location))
        }
        func add(_ attribute: Attribute, _ loss: ExportLoss, _ apply: () -> Void) {
            guard !refused.contains(attribute) else { return request.losses.append(loss) }
            request.doubtful.append(attribute)
            apply()
        }
        if !description.tags.isEmpty {
            let tags = description.tags.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }
            add(.tags, .tags) { request.headers.append(("x-amz-tagging", tags.joined(separator: "&"))) }
        }
        if let name = description.storageClass, name != StorageClass.standard.rawValue {
            add(.storageClass(name), .storageClass) { request.headers.append(("x-amz-storage-class", name)) }
        }
        addLock(description, known, to: &request)
        if let encryption = description.encryption {
            if let key = object.customerKey {
                guard client.isSecure else {
                    throw ExportObstacle(.refused, "a customer's key travels by HTTPS alone")
                }
                request.encryption = WantedEncryption(key)
            } else {
                add(.encryption("\(encryption.scheme) \(encryption.kmsKey ?? "")"), .encryption) {
                    request.headers += encryption.headers
                }
            }
        }
        return request
    }

    private func addLock(_ description: ExportDescription, _ known: Known, to request: inout Request) {
        defer {
            // S3 takes no lock without it, even where there is a checksum.
            if request.headers.contains(where: { $0.name.hasPrefix("x-amz-object-lock-") }) {
                request.headers.append(("x-amz-sdk-checksum-algorithm", S3ChecksumAlgorithm.fallback.name))
            }
        }
        if let retention = description.retention {
            if retention.eventHold != nil { request.losses.append(.eventHold) }
            // One that has ended keeps nothing from being removed, and is refused.
            if let until = retention.until, HTTPDate.milliseconds(until).map({ $0 > Clock.milliseconds() }) ?? true {
                if known.locks {
                    request.headers.append(("x-amz-object-lock-mode", retention.mode))
                    request.headers.append(("x-amz-object-lock-retain-until-date", until))
                } else {
                    request.losses.append(.retention)
                }
            }
        }
        if description.legalHold == true {
            if known.locks {
                request.headers.append(("x-amz-object-lock-legal-hold", "ON"))
            } else {
                request.losses.append(.legalHold)
            }
        }
    }

    func writeDeleteMarker(_ entry: ExportEntry) async throws -> [ExportLoss] {
        try await client.remove(address(entry.bucket, key: entry.key), mayRepeat: false)
        return []
    }

    func finish() async throws {}
}

/// Which version of the source an exported object was: its id, and its time.
enum ExportOrigin {
    static let header = "x-amz-meta-coffer-origin"

    static func text(_ entry: ExportEntry) -> String { "\(entry.version) \(HTTPDate.iso8601(entry.modified))" }

    /// Nil for an object that is not of an export.
    static func of(_ head: S3Client.ObjectHead) -> String? { head.headers[header] }
}

extension ExportDescription.Encryption {
    /// The headers that ask for it; a customer's key is no part of it.
    fileprivate var headers: [(name: String, value: String)] {
        let name = "x-amz-server-side-encryption"
        var headers: [(name: String, value: String)] = []
        switch scheme {
        case "SSE-S3": return [(name, "AES256")]
        case "SSE-KMS": headers.append((name, "aws:kms"))
        case "DSSE-KMS": headers.append((name, "aws:kms:dsse"))
        default: return []
        }
        if let kmsKey { headers.append(("\(name)-aws-kms-key-id", kmsKey)) }
        if let context { headers.append(("\(name)-context", context)) }
        if bucketKey == true { headers.append(("\(name)-bucket-key-enabled", "true")) }
        return headers
    }
}

/// An object's bytes as an upload takes them.
private final class BodySource: UploadSource {
    private let body: any ExportBody
    private var rest = ByteBuffer()
    private var isAtEnd = false

    init(_ body: any ExportBody) { self.body = body }

    func read(_ count: Int) async throws -> [UInt8] {
        while rest.readableBytes < count, !isAtEnd {
            guard var block = try await body.next() else {
                isAtEnd = true
                break
            }
            rest.discardReadBytes()
            rest.writeBuffer(&block)
        }
        return rest.readBytes(length: min(count, rest.readableBytes)) ?? []
    }
}
