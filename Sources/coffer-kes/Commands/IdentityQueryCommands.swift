import ArgumentParser
import KESClient
import KESProtocol

/// `identity info [id]`: what the server knows of an identity, or of whoever asks.
struct IdentityInfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Tell what a server knows of an identity.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    @Argument(help: ArgumentHelp("The identity (default: one's own).", valueName: "IDENTITY"))
    var identity: String?

    func run() async throws {
        guard let identity else { return try await ownInfo() }
        guard let known = Identity(identity) else {
            throw CommandFailure(KESFault.invalidIdentity(identity).message)
        }
        let client = try connection.client()
        let info = try await performing { () async throws(KESClientError) in try await client.describeIdentity(known) }
        if format.json { return Terminal.write(String(decoding: info.json, as: UTF8.self)) }
        var lines = [(label: "Identity", value: identity)]
        if !info.policy.isEmpty { lines.append(("Policy", info.policy)) }
        lines += Self.origin(info.createdAt, info.isAdmin, info.createdBy)
        Terminal.write(Lines.labelled(lines) + "\n")
    }

    private func ownInfo() async throws {
        let client = try connection.client()
        let info = try await performing { () async throws(KESClientError) in try await client.describeSelf() }
        if format.json { return Terminal.write(String(decoding: info.json, as: UTF8.self)) }
        var lines = [(label: "Identity", value: info.identity)]
        lines += Self.origin(info.createdAt, info.isAdmin, info.createdBy)
        if !info.policy.isEmpty { lines.append(("Policy", info.policy)) }
        Terminal.write(Lines.labelled(lines) + "\n")
        let rules = PolicyText.rules(info.rules, Colour(format.color))
        if !rules.isEmpty { Terminal.write("\n" + rules) }
    }

    private static func origin(
        _ createdAt: RFC3339Time, _ isAdmin: Bool, _ createdBy: String
    ) -> [(label: String, value: String)] {
        [("Created At", Lines.date(createdAt)), ("Role", isAdmin ? "Admin" : "User")]
            + (createdBy.isEmpty ? [] : [("Created By", createdBy)])
    }
}

struct IdentityListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "List the identities of a server.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    @Argument(help: ArgumentHelp("What they begin with; an asterisk may follow.", valueName: "PATTERN"))
    var pattern = "*"

    func run() async throws {
        let attempt = "failed to list identities"
        let prefix = try ListPrefix.of(pattern, attempt)
        let client = try connection.client()
        let names = try await performing(attempt) { () async throws(KESClientError) in
            try await client.listIdentities(prefix: prefix)
        }
        Terminal.write(Lines.list(names, header: "Identity", format))
    }
}

/// `identity rm`, of the time when servers kept identities themselves: says where they are kept now.
struct IdentityRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Tell how to take an identity away from a server.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("Identities.", valueName: "IDENTITY"))
    var identities: [String] = []

    func run() throws {
        guard let identity = identities.first else { throw CommandFailure.missing("identity", in: "identity rm") }
        guard Identity(identity) != nil else { throw CommandFailure(KESFault.invalidIdentity(identity).message) }
        throw CommandFailure(
            "failed to remove identity \"\(identity)\": the server's configuration file assigns identities; "
                + "take it out of 'policy' and 'admin' there and send the server a SIGHUP")
    }
}
