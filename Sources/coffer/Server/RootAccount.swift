import AccessPolicy
import Accounts
import S3Protocol
import SealedStorage
import Threading

/// Root: known from the environment at once, or from the drive as soon as its catalogue is open.
final class RootAccount: Sendable {
    private final class Known: Sendable {
        let accessKey: String
        let secret: SecretString
        /// The secret's text, when it was generated just now.
        let newSecret: String?

        init(_ credentials: RootCredentials, isNew: Bool = false) {
            accessKey = credentials.accessKey
            secret = SecretString(credentials.secret)
            newSecret = isNew ? credentials.secret : nil
        }
    }

    private let holder = ShortLock<Known?>(nil)
    private var known: Known? { holder.withLock { $0 } }

    init(_ given: RootCredentials?) {
        if let given { holder.withLock { $0 = Known(given) } }
    }

    /// Takes the credentials that the drive keeps, and makes them for a new drive, unless some were given.
    ///
    /// - Returns: the secret that was generated, to be shown once.
    @discardableResult func load(_ records: SealedRecords) async throws -> String? {
        if known == nil {
            let (credentials, isNew) = try await RootCredentials.ofDrive(records)
            holder.withLock { if $0 == nil { $0 = Known(credentials, isNew: isNew) } }
        }
        return newSecret
    }

    var accessKey: String { known?.accessKey ?? RootCredentials.generatedUser }
    var newSecret: String? { known?.newSecret }

    /// Root's own account; nil when the access key is another's.
    ///
    /// - Throws: `ServiceUnavailable` while nobody's credentials are known, `InvalidTokenId` with a session token,
    ///   `InvalidAccessKeyId` where root is not admitted.
    func signingAccount(
        _ accessKey: String, token: String?, isAdmitted: Bool
    ) throws(S3Error) -> SigningAccount? {
        guard let known else {
            throw S3Error(
                .serviceUnavailable, "The key service that opens this server's credentials cannot be reached.",
                headers: [("retry-after", "5")])
        }
        // As bytes: two spellings of one text are two access keys.
        guard known.accessKey.utf8.elementsEqual(accessKey.utf8) else { return nil }
        guard token == nil else { throw S3Error(.invalidTokenId) }
        guard isAdmitted else { throw Accounts.disabled }
        return SigningAccount(secret: known.secret, principal: .root(accessKey: known.accessKey))
    }
}
