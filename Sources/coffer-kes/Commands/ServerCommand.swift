import ArgumentParser
import Systemd

struct ServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server",
        abstract: "Serve keys as a configuration file says.",
        discussion: """
            Everything about the server is in the file; deploy/kes-config.yml is one with every setting explained. A value \
            ${NAME} in it is taken from the environment.

            SIGNALS
              TERM, INT    stop; requests in flight have a second
              HUP          read the configuration again; when it is wrong, the old one stays
            """)

    @Option(help: ArgumentHelp("Where to listen (default: the file's, or 0.0.0.0:7373).", valueName: "IP:PORT"))
    var addr: String?

    @Option(help: ArgumentHelp("The configuration file.", valueName: "FILE"))
    var config: String?

    @Flag(help: "Try it out: keys in memory, a fresh admin, a self-signed certificate.")
    var dev = false

    @Flag(help: "End when the key store cannot be reached at the start, instead of trying again.")
    var failFast = false

    @Option(help: .hidden) var key: String?
    @Option(help: .hidden) var cert: String?
    @Option(help: .hidden) var auth: String?
    @Option(help: .hidden) var mtlsAuth: String?
    @Option(help: .hidden) var root: String?
    @Flag(help: .hidden) var mlock = false
    @Flag(name: .shortAndLong, help: .hidden) var quiet = false

    mutating func run() async throws {
        warnOfOldFlags()
        do throws(StartFailure) {
            try await ServerProcess(try options()).run()
        } catch {
            Console.warn("Error: \(error)", .error)
            throw ExitCode(1)
        }
    }

    private func options() throws(StartFailure) -> ServerOptions {
        switch (config, dev) {
        case (.some, true): throw StartFailure("'--config' flag is not supported in development mode")
        case (.some(let path), false):
            return ServerOptions(source: .file(path), address: addr, root: root, failsFast: failFast)
        case (nil, true): return ServerOptions(source: .development, address: addr, failsFast: failFast)
        case (nil, false):
            throw StartFailure("no configuration file specified: set '--config', or try '--dev'")
        }
    }

    /// Flags of other years are accepted, so that old unit files go on to work, and do nothing.
    private func warnOfOldFlags() {
        let ignored = [
            ("--key", key != nil, "Use 'tls.key' in the configuration file."),
            ("--cert", cert != nil, "Use 'tls.cert' in the configuration file."),
            ("--auth", auth != nil, "Use 'tls.auth' in the configuration file."),
            ("--mtls-auth", mtlsAuth != nil, "Use 'tls.auth' in the configuration file."),
            ("--mlock", mlock, "Memory is always locked where that is allowed."),
            ("--quiet", quiet, ""),
        ]
        for (name, isGiven, hint) in ignored where isGiven {
            Console.warn("WARNING: '\(name)' flag is deprecated and no longer honored. \(hint)".trimmed)
        }
        if root != nil {
            Console.warn("WARNING: '--root' flag is deprecated. Use 'admin.identity' in the configuration file.")
        }
    }
}

extension String {
    fileprivate var trimmed: String { hasSuffix(" ") ? String(dropLast()) : self }
}
