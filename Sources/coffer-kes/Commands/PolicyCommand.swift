import ArgumentParser
import KESClient
import KESProtocol

struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Look at policies; the server's configuration makes them.",
        subcommands: [PolicyInfoCommand.self, PolicyListCommand.self, PolicyShowCommand.self])
}

struct PolicyInfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "info", abstract: "Tell since when a policy is there.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    @Argument(help: ArgumentHelp("The policy's name.", valueName: "NAME"))
    var name: String?

    func run() async throws {
        let name = try PolicyText.name(name, "See '\(CommandPath.program) policy info --help'")
        let client = try connection.client()
        let policy = try await performing { () async throws(KESClientError) in try await client.describePolicy(name) }
        if format.json { return Terminal.write(String(decoding: policy.json, as: UTF8.self)) }
        var lines = [(label: "Name", value: policy.name), ("Date", Lines.date(policy.createdAt))]
        if !policy.createdBy.isEmpty { lines.append(("Created by", policy.createdBy)) }
        Terminal.write(Lines.labelled(lines) + "\n")
    }
}

struct PolicyListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "List policies.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    @Argument(help: ArgumentHelp("What the names begin with; an asterisk may follow.", valueName: "PATTERN"))
    var pattern = "*"

    func run() async throws {
        let attempt = "failed to list policies"
        let prefix = try ListPrefix.of(pattern, attempt)
        let client = try connection.client()
        let names = try await performing(attempt) { () async throws(KESClientError) in
            try await client.listPolicies(prefix: prefix)
        }
        Terminal.write(Lines.list(names, header: "Policy", format))
    }
}

struct PolicyShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Print a policy's rules.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    @Argument(help: ArgumentHelp("The policy's name.", valueName: "NAME"))
    var name: String?

    func run() async throws {
        let name = try PolicyText.name(name, "See '\(CommandPath.program) policy show --help'")
        let client = try connection.client()
        let policy = try await performing("failed to show policy '\(name)'") { () async throws(KESClientError) in
            try await client.readPolicy(name)
        }
        guard Terminal.isPresent, !format.json else { return Terminal.write(PolicyText.json(policy) + "\n") }
        let colour = Colour(format.color)
        Terminal.write(PolicyText.rules(policy.rules, colour))
        Terminal.write("\n\(colour.bold("Created at:")) \(Lines.date(policy.createdAt))\n")
        if !policy.createdBy.isEmpty { Terminal.write("\(colour.bold("Created by:")) \(policy.createdBy)\n") }
    }
}

/// What the commands about policies and identities print of rules.
enum PolicyText {
    static func name(_ text: String?, _ help: String) throws -> PolicyName {
        guard let text else { throw CommandFailure("no policy name specified. \(help)") }
        guard let name = PolicyName(text) else { throw CommandFailure(KESFault.invalidPolicyName(text).message) }
        return name
    }

    static func rules(_ rules: PolicyRules, _ colour: Colour) -> String {
        var text = ""
        for (title, list) in [("Allow:", rules.allow), ("Deny:", rules.deny)] where !list.isEmpty {
            text += (text.isEmpty ? "" : "\n") + colour.bold(title) + "\n" + list.map { "  · \($0)\n" }.joined()
        }
        return text
    }

    static func json(_ policy: PolicyReadResponse) -> String {
        func object(_ rules: [String]) -> String { JSONLine.object(rules.map { ($0, "{}") }) }
        var members: [(name: String, value: String)] = []
        if !policy.rules.allow.isEmpty { members.append(("allow", object(policy.rules.allow))) }
        if !policy.rules.deny.isEmpty { members.append(("deny", object(policy.rules.deny))) }
        members.append(("created_at", JSONLine.string(policy.createdAt.text)))
        members.append(("created_by", JSONLine.string(policy.createdBy)))
        return JSONLine.object(members)
    }
}
