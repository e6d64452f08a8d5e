import ArgumentParser
import KESClient

/// `ls`: keys, identities or policies.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List keys, identities or policies.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    @Option(name: [.customShort("a"), .long], help: ArgumentHelp("An API key.", valueName: "KEY"))
    var apiKey: String?

    @Option(name: [.customShort("s"), .long], help: ArgumentHelp("The server.", valueName: "HOST[:PORT]"))
    var server: String?

    @Flag(name: [.customShort("i"), .customLong("identity")], help: "List identities.")
    var identities = false

    @Flag(name: [.customShort("p"), .customLong("policy")], help: "List policies.")
    var policies = false

    @Argument(help: ArgumentHelp("What the names begin with; an asterisk may follow.", valueName: "PREFIX"))
    var prefix = ""

    func run() async throws {
        if identities && policies { throw CommandFailure("cannot list identities and policies at the same time") }
        let attempt = "failed to list \(identities ? "identities" : policies ? "policies" : "keys")"
        let prefix = try ListPrefix.of(prefix, attempt)
        let client = try connection.client(server: server, apiKey: apiKey)
        let header = identities ? "Identity" : policies ? "Policy" : "Key"
        let names = try await performing { () async throws(KESClientError) in
            if identities { return try await client.listIdentities(prefix: prefix) }
            return policies ? try await client.listPolicies(prefix: prefix) : try await client.listKeys(prefix: prefix)
        }
        Terminal.write(Lines.list(names, header: header, format))
    }
}
