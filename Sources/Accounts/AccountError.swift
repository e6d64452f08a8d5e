package import KeyManagement

/// Why a change of accounts is refused, or why nobody knows them.
package enum AccountError: Error, Hashable {
    /// They have not been read yet; what keeps the key service from it.
    case locked(KeyServiceError)
    case noSuchUser, noSuchGroup, noSuchPolicy
    /// No service account, and no session, has the access key.
    case noSuchAccessKey
    /// 3 to 20 bytes, none of them `=` or `,`, no space at the ends.
    case invalidAccessKey
    /// 8 to 40 bytes.
    case invalidSecret
    /// A name of a group or policy that is empty, too long or has a byte that none may have.
    case invalidName(String)
    /// The name is root's.
    case isRoot
    /// Root may do everything, and is given nothing.
    case rootNeedsNoPolicies
    /// The access key is that of a service account or a session, and a user's is needed.
    case isNoUser
    /// A member of a group has to be a user.
    case memberIsNoUser
    /// A user has the name already.
    case isUser
    /// Something has the access key already.
    case accessKeyTaken
    case groupNotEmpty
    case policyInUse
    /// Nothing would change.
    case alreadyApplied
    /// What is given of an access key is none: which, in words.
    case invalidDetails(String)
    /// There are as many as there may be: of what.
    case limitReached(String)
    /// It would give somebody rights, and the sender may not do that.
    case mayNotGiveRights
}
