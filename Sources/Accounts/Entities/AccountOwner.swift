/// For whom an access key or a session acts.
package enum AccountOwner: Hashable, Sendable {
    case root
    case user(AccountName)
    /// Somebody whom another provider vouches for, and who is no user here.
    case external(AccountName)
}
