import AccessPolicy
import S3Protocol

/// The version of an object that a request names with `versionId`.
enum RequestedVersion: Sendable {
    /// The request has no `versionId`: the newest version is meant.
    case current
    /// `null`: the one version that a bucket without versioning has of each key.
    case null

    /// - Throws: `InvalidArgument` for what is no version id; `NoSuchVersion` for any but `null`, because buckets are not
    ///   versioned.
    init(_ request: S3Request) throws(S3Error) {
        guard let text = request.query("versionId") else {
            self = .current
            return
        }
        self = try Self(text)
    }

    init(_ text: String) throws(S3Error) {
        if text == "null" {
            self = .null
            return
        }
        guard text.utf8.count == 32, text.utf8.allSatisfy({ UnicodeScalar($0).properties.isASCIIHexDigit }) else {
            throw S3Error(
                .invalidArgument, "Invalid version id specified",
                details: [("ArgumentName", "versionId"), ("ArgumentValue", text)])
        }
        throw S3Error(.noSuchVersion)
    }

    var readAction: Action {
        switch self {
        case .current: .getObject
        case .null: .getObjectVersion
        }
    }

    /// What policies can ask of it.
    var conditions: [ConditionKey: [String]] {
        switch self {
        case .current: [:]
        case .null: [.versionID: ["null"]]
        }
    }

    var deleteAction: Action {
        switch self {
        case .current: .deleteObject
        case .null: .deleteObjectVersion
        }
    }
}
