import Glibc

extension KeyStoreError {
    /// What a failed system call says of the store.
    init(_ operation: String, _ path: String, errno code: Int32) {
        let cause = "cannot \(operation) \(path): \(String(cString: strerror(code)))"
        self =
            switch code {
            // What network file systems say for as long as their server, or the process that mounted them, is away.
            case ENOTCONN, ESTALE, ETIMEDOUT, EHOSTDOWN, EHOSTUNREACH, ENETUNREACH, ECONNREFUSED: .unreachable(cause)
            case EACCES, EPERM: .notAuthorized(cause)
            default: .unavailable(cause)
            }
    }
}
