import Cryptography
import SealedStorage

/// The access key and secret of root.
struct RootCredentials: Sendable {
    let accessKey: String
    let secret: String

    init(accessKey: String, secret: String) throws(StartFailure) {
        guard accessKey.utf8.count >= 3, !accessKey.contains("="), !accessKey.contains(",") else {
            throw StartFailure("MINIO_ROOT_USER: at least 3 characters, none of them '=' or ','")
        }
        guard secret.utf8.count >= 8 else { throw StartFailure("MINIO_ROOT_PASSWORD: at least 8 characters") }
        self.accessKey = accessKey
        self.secret = secret
    }

    /// From `ROOT_USER`/`ROOT_PASSWORD`, else the older `ACCESS_KEY`/`SECRET_KEY`; `nil` when neither is set.
    init?(_ environment: Environment, notes: inout [String]) throws(StartFailure) {
        var user = try environment.secret("ROOT_USER")
        var password = try environment.secret("ROOT_PASSWORD")
        if user == nil, password == nil {
            user = try environment.secret("ACCESS_KEY")
            password = try environment.secret("SECRET_KEY")
            if user != nil || password != nil {
                notes.append(
                    "MINIO_ACCESS_KEY and MINIO_SECRET_KEY are old names of MINIO_ROOT_USER and MINIO_ROOT_PASSWORD")
            }
        }
        switch (user, password) {
        case (nil, nil): return nil
        case (let user?, let password?): try self.init(accessKey: user, secret: password)
        case (nil, .some): throw StartFailure("Missing credential environment variable, \"MINIO_ROOT_USER\"")
        case (.some, nil): throw StartFailure("Missing credential environment variable, \"MINIO_ROOT_PASSWORD\"")
        }
    }

    /// The generated credentials of a drive: made at first start, kept in the drive's sealed configuration.
    ///
    /// - Returns: the credentials, and whether they are new and so to be shown.
    static func ofDrive(_ records: SealedRecords) async throws -> (credentials: RootCredentials, isNew: Bool) {
        if let kept = try records.secretSetting(setting) {
            return (try RootCredentials(accessKey: generatedUser, secret: String(decoding: kept, as: UTF8.self)), false)
        }
        let secret = Hex.encode(SecureRandom.bytes(20))
        try await records.setSecretSetting(setting, Array(secret.utf8))
        return (try RootCredentials(accessKey: generatedUser, secret: secret), true)
    }

    private static let setting = "root-secret"
    static let generatedUser = "coffer"
}
