import ObjectStorage
import S3Protocol

extension ServiceContext {
    /// - Throws: `PreconditionFailed`; `NoSuchKey` for `If-Match` on what does not exist.
    func check(_ preconditions: WritePreconditions, _ current: StoredVersion?) throws {
        guard !preconditions.isEmpty else { return }
        try refuse(preconditions.evaluate(current: try current.map { try catalogue.etag(of: $0) }))
    }

    /// The same check for the committing transaction; `nil` when there is nothing to check, which spares it the lookup.
    func checkAtCommit(_ preconditions: WritePreconditions) -> (@Sendable (StoredVersion?) throws -> Void)? {
        guard !preconditions.isEmpty else { return nil }
        return { current in try check(preconditions, current) }
    }

    /// What a conditional delete asks; an object that is not there fulfils any condition, as it is not deleted.
    func checkAtCommit(_ preconditions: DeletePreconditions) -> (@Sendable (StoredVersion?) throws -> Void)? {
        guard !preconditions.isEmpty else { return nil }
        return { current in
            guard let current else { return }
            try refuse(
                preconditions.evaluate(
                    etag: try catalogue.etag(of: current), modified: current.columns.modified,
                    size: current.columns.size))
        }
    }

    private func refuse(_ outcome: WritePreconditionOutcome) throws(S3Error) {
        switch outcome {
        case .proceed: break
        case .failed: throw S3Error(.preconditionFailed)
        case .noSuchKey: throw S3Error(.noSuchKey)
        }
    }
}

extension NewBody {
    var kind: BodyKind {
        switch self {
        case .inline: .inline
        case .file: .file
        case .none: .none
        }
    }

    var blob: BlobID? {
        switch self {
        case .file(let finished): finished.id
        case .inline, .none: nil
        }
    }

    /// Bytes at rest: header, packages and tags.
    var storedLength: Int64 {
        switch self {
        case .inline(let bytes): Int64(bytes.count)
        case .file(let blob): blob.length
        case .none: 0
        }
    }
}
