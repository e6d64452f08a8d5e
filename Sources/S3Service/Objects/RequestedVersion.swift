import AccessPolicy
import ObjectStorage
import S3Protocol
import SealedStorage

/// The version of an object that a request names with `versionId`.
struct RequestedVersion: Sendable {
    /// The current one when the request has no `versionId`.
    let selector: VersionSelector

    /// - Throws: `InvalidArgument` for what is no version id.
    init(_ request: S3Request) throws(S3Error) {
        try self.init(request.query("versionId"))
    }

    /// - Parameter text: nil for the current version; `null`, or the 32 characters that ``SealedStorage`` makes of an identifier, no others: each version
    ///   has one name.
    init(_ text: String?) throws(S3Error) {
        guard let text, text != nullVersionID else {
            selector = text == nil ? .current : .null
            return
        }
        guard let version = VersionID(hex: text), version.hex == text else {
            throw S3Error(
                .invalidArgument, "Invalid version id specified",
                details: [("ArgumentName", "versionId"), ("ArgumentValue", text)])
        }
        selector = .id(version)
    }

    var readAction: Action { selector == .current ? .getObject : .getObjectVersion }

    var deleteAction: Action { selector == .current ? .deleteObject : .deleteObjectVersion }

    /// What policies can ask of it.
    var conditions: [ConditionKey: [String]] {
        switch selector {
        case .current: [:]
        case .null: [.versionID: [nullVersionID]]
        case .id(let version): [.versionID: [version.hex]]
        }
    }
}
