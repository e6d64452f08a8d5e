/// Who opens a directory of keys, and so what may be done to it at that.
package enum DirectoryUser: Sendable {
    /// It and its seal are made if they are missing, and what a crash has left is cleared away.
    case server
    /// Nothing is made and nothing cleared away: what is missing is a failure.
    case visitor
}
