import ArgumentParser

/// What operators do with the keys of a running server.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Look at and move the data keys of a running server.",
        discussion: """
            ENVIRONMENT
              MINIO_ROOT_USER, MINIO_ROOT_PASSWORD
                    the server's credentials; also ..._FILE, and
                    MINIO_CONFIG_ENV_FILE, as for the server
            """,
        subcommands: [ListDataKeysCommand.self, RewrapCommand.self])
}

/// Where the running server is and how to trust it.
struct ServerOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The running server's address.", valueName: "URL"))
    var endpoint = "http://127.0.0.1:9000"

    @Option(help: ArgumentHelp("A file or directory of certificates to trust besides the system's.", valueName: "PATH"))
    var ca: String?

    @Flag(name: [.customShort("k"), .long], help: "Do not verify the server's certificate.")
    var insecure = false

    func client() throws(StartFailure) -> AdminClient { try client(Environment.ofProcess()) }

    /// - Parameter environment: for who needs more of it: secrets are taken out of the process's own when it is read.
    func client(_ environment: Environment) throws(StartFailure) -> AdminClient {
        var notes: [String] = []
        guard let credentials = try RootCredentials(environment, notes: &notes) else {
            throw StartFailure("set MINIO_ROOT_USER and MINIO_ROOT_PASSWORD to what the server has")
        }
        return try AdminClient(endpoint: endpoint, credentials: credentials, ca: ca, isInsecure: insecure)
    }
}

extension AsyncParsableCommand {
    /// Runs a command whose failures are one line.
    func orFail(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let failure as StartFailure {
            writeLine("coffer: \(failure.reason)")
            throw ExitCode(1)
        }
    }
}
