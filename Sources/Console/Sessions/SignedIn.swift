import AccessPolicy
import Accounts
import S3Protocol

/// Who has logged in, with the account as it was found for one request.
struct SignedIn: Sendable {
    let session: ConsoleSession
    let account: SigningAccount
    /// What whatever is not GET has to bring along: 43 characters.
    let token: String
    /// When it ends unless it is used: milliseconds since 1970.
    let idleEnd: Int64

    var accessKey: String { session.accessKey.text }

    /// The account whose rights it has.
    var user: String { account.principal.parent ?? accessKey }

    enum Kind: String {
        case root, user, accessKey, temporary
    }

    var kind: Kind {
        switch account.principal {
        case .anonymous, .root: .root
        case .account(let identity):
            switch identity.kind {
            case .user: .user
            case .serviceAccount: .accessKey
            case .session: .temporary
            }
        }
    }
}
