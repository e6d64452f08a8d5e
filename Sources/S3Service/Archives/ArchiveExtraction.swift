import AccessPolicy
import HTTPServer
import Logging
import S3Protocol
import SealedStorage

/// What MinIO's clients ask of an archive that they put: that its members become objects.
///
/// The archive is verified as a whole before the first of them does. Each is then written as a PutObject would, with the
/// archive's encryption, tags, lock and conditions, and with a right of its own that is demanded.
struct ArchiveExtraction: Sendable {
    /// The most members.
    private static let memberLimit = 100_000
    /// Bytes that unpacking takes: a packed and an unpacked block, and what it writes from.
    static let memory = 2 << 20
    private static let header = "x-amz-meta-snowball-auto-extract"

    private let request: S3Request
    private let prefix: String
    private let ignoresDirectories: Bool
    private let ignoresErrors: Bool

    /// Nil for an upload that is to be stored as it is.
    init?(_ request: S3Request) {
        guard request.header(Self.header)?.lowercased() == "true" else { return nil }
        self.request = request
        let options = "x-amz-meta-minio-snowball-"
        prefix = request.header(options + "prefix") ?? ""
        ignoresDirectories = request.header(options + "ignore-dirs")?.lowercased() == "true"
        ignoresErrors = request.header(options + "ignore-errors")?.lowercased() == "true"
    }

    /// - Parameters:
    ///   - attributes: of the archive; the headers and metadata of each object are its member's own.
    ///   - demands: the rights that an object of this name needs.
    ///   - notice: what is told of each object.
    /// - Returns: the MD5 of the archive's bytes.
    /// - Throws: what keeps a member from being stored; those before it are stored, and with `ignore-errors` those behind it.
    func extract(
        _ payload: PayloadReader, into bucket: Bucket, _ encryption: EncryptionDecision,
        _ attributes: ObjectAttributes, _ conditions: WritePreconditions, _ service: ServiceContext,
        demands: (ObjectName) -> [Demand], _ notice: ChangeNotice?
    ) async throws -> ETag {
        payload.computeMD5()
        let spooled = try await service.objects.spool(payload)
        let reader = ArchiveReader(ArchiveBytes(spooled, drive: service.drive))
        var count = 0
        while let member = try await reader.next() {
            if member.isDirectory, ignoresDirectories || Self.parts(of: member).isEmpty { continue }
            count += 1
            guard count <= Self.memberLimit else {
                throw S3Error(.invalidRequest, "The archive has more than \(Self.memberLimit) members.")
            }
            do {
                let name = try name(of: member)
                try request.access.require(demands(name))
                var own = attributes
                own.headers = ContentHeaders(member.headers)
                try own.headers.requireStorableSize()
                own.metadata = try UserMetadata(member.headers).entries
                guard member.size <= ObjectLimit.singlePut else { throw S3Error(.entityTooLarge) }
                let bytes = ArchiveMemberBytes(
                    reader, length: member.isDirectory ? 0 : member.size, drive: service.drive)
                let draft = ObjectDraft(
                    bucket: bucket, key: name, encryption: encryption, attributes: own, modified: request.time,
                    notice: notice)
                _ = try await service.objects.write(bytes, as: draft, conditions: conditions)
            } catch let error as S3Error where ignoresErrors && error.code != ArchiveError.malformed.code {
                service.logger.warning("member of an archive not stored", metadata: ["cause": "\(error)"])
            } catch let error as SealedStorageError where ignoresErrors {
                service.logger.warning("member of an archive not stored", metadata: ["cause": "\(error)"])
            }
        }
        return ETag(md5: payload.md5 ?? [])
    }

    /// None of the directory that the archive is of.
    private static func parts(of member: ArchiveMember) -> [Substring] {
        member.name.split(separator: "/").filter { $0 != "." }
    }

    /// The name of the object that a member becomes: behind the prefix, and a directory's with a slash at its end.
    ///
    /// - Throws: `InvalidArgument` for an absolute path, one with `..` or NUL, and none; `KeyTooLongError`.
    private func name(of member: ArchiveMember) throws(S3Error) -> ObjectName {
        let parts = Self.parts(of: member)
        guard !member.name.hasPrefix("/"), !parts.isEmpty, !parts.contains(".."), !member.name.utf8.contains(0) else {
            throw S3Error(.invalidArgument, "The archive has a member whose path is none of an object.")
        }
        let path = parts.joined(separator: "/") + (member.isDirectory ? "/" : "")
        let lead = prefix.split(separator: "/").joined(separator: "/")
        return try ObjectName(lead.isEmpty ? path : "\(lead)/\(path)")
    }
}
