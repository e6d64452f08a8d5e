/// What the command line says of the server.
struct ServerOptions: Sendable {
    enum Source: Sendable {
        case file(String)
        /// Keys in memory, a fresh admin, a fresh certificate.
        case development
    }

    var source: Source
    /// Wins over the file's.
    var address: String?
    /// The admin when the file has none.
    var root: String?
    /// End when the key store cannot be reached, instead of trying again.
    var failsFast = false
}
