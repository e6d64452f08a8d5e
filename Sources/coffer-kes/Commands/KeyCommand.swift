import ArgumentParser
import Cryptography
import KESClient
import KESProtocol

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Make, list and use keys.",
        subcommands: [
            KeyCreateCommand.self, KeyImportCommand.self, KeyInfoCommand.self, KeyListCommand.self,
            KeyRemoveCommand.self, KeyRotateCommand.self, KeyEncryptCommand.self, KeyDecryptCommand.self,
            KeyDataKeyCommand.self, KeyHMACCommand.self,
        ])
}

struct KeyCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "create", abstract: "Make keys.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("Names for the keys.", valueName: "NAME"))
    var names: [String] = []

    func run() async throws {
        guard !names.isEmpty else { throw CommandFailure.missing("key name", in: "key create") }
        let client = try connection.client()
        for text in names {
            let attempt = "failed to create key \"\(text)\""
            let name = try keyName(text, attempt)
            try await performing(attempt) { () async throws(KESClientError) in try await client.createKey(name) }
        }
    }
}

struct KeyImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Make a key of 32 bytes that there are already.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("A name for the key.", valueName: "NAME"))
    var name: String?

    @Argument(help: ArgumentHelp("The key in base64.", valueName: "KEY"))
    var key: String?

    func run() async throws {
        let help = "See '\(CommandPath.program) key import --help'"
        guard let text = name else { throw CommandFailure("no key name specified. \(help)") }
        guard let encoded = key else { throw CommandFailure("no crypto key specified. \(help)") }
        guard var bytes = Base64.decode(encoded) else { throw CommandFailure("invalid key: not base64. \(help)") }
        defer { wipe(&bytes) }
        let attempt = "failed to import \"\(text)\""
        let name = try keyName(text, attempt)
        let client = try connection.client()
        try await performing(attempt) { () async throws(KESClientError) in
            try await client.importKey(name, key: bytes)
        }
    }
}

struct KeyInfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "info", abstract: "Tell about a key.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    @Argument(help: ArgumentHelp("The key's name.", valueName: "NAME"))
    var name: String?

    func run() async throws {
        guard let text = name else { throw CommandFailure.missing("key name", in: "key info") }
        let attempt = "failed to describe keys"
        let name = try keyName(text, attempt)
        let client = try connection.client()
        var key = try await performing(attempt) { () async throws(KESClientError) in try await client.describeKey(name)
        }
        if format.json {
            // KES's own client leaves its default out.
            if key.algorithm == "AES256" { key.algorithm = "" }
            return Terminal.write(String(decoding: key.json, as: UTF8.self))
        }
        var lines = [(label: "Name", value: key.name)]
        if !key.algorithm.isEmpty { lines.append(("Algorithm", key.algorithm)) }
        lines.append(("Date", Lines.date(key.createdAt)))
        if !key.createdBy.isEmpty { lines.append(("Owner", key.createdBy)) }
        for version in key.versions {
            let uses = "\(version.generated) sealed, \(version.decrypted) opened since the server has it"
            lines.append(("Version \(version.version)", "\(Lines.date(version.createdAt))  \(uses)"))
        }
        Terminal.write(Lines.labelled(lines) + (Terminal.isPresent ? "\n" : ""))
    }
}

struct KeyListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "List keys.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    @Argument(help: ArgumentHelp("What the names begin with; an asterisk may follow.", valueName: "PATTERN"))
    var pattern = "*"

    func run() async throws {
        let client = try connection.client()
        let attempt = "failed to list keys"
        let prefix = try ListPrefix.of(pattern, attempt)
        let names = try await performing(attempt) { () async throws(KESClientError) in
            try await client.listKeys(prefix: prefix)
        }
        Terminal.write(Lines.list(names, header: "Key", format))
    }
}

struct KeyRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove keys, and with them all that was sealed under them.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("The keys' names.", valueName: "NAME"))
    var names: [String] = []

    func run() async throws {
        guard !names.isEmpty else { throw CommandFailure.missing("key name", in: "key rm") }
        let client = try connection.client()
        for text in names {
            let attempt = "failed to remove key \"\(text)\""
            let name = try keyName(text, attempt)
            try await performing(attempt) { () async throws(KESClientError) in try await client.deleteKey(name) }
        }
    }
}

struct KeyRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Give keys a new version.",
        discussion: """
            What is sealed from now on is sealed under the new version; what was sealed before can be opened as before. \
            Servers other than Coffer's do not have this.
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("The keys' names.", valueName: "NAME"))
    var names: [String] = []

    func run() async throws {
        guard !names.isEmpty else { throw CommandFailure.missing("key name", in: "key rotate") }
        let client = try connection.client()
        for text in names {
            let attempt = "failed to rotate key \"\(text)\""
            let name = try keyName(text, attempt)
            let rotated = try await performing(attempt) { () async throws(KESClientError) in
                try await client.rotateKey(name)
            }
            if Terminal.isPresent { Terminal.write("\(name) has version \(rotated.version) now\n") }
        }
    }
}

/// The patterns of lists: a prefix, or one with an asterisk behind it.
enum ListPrefix {
    static func of(_ pattern: String, _ attempt: String) throws -> String {
        let prefix = pattern.hasSuffix("*") ? String(pattern.dropLast()) : pattern
        // A hyphen at the end is fine here: what the server makes of it is the client's affair.
        var core = prefix[...]
        while core.last == "-" { core = core.dropLast() }
        guard ListPattern(String(core)) != nil else {
            throw CommandFailure("\(attempt): \(KESFault.invalidListPattern(pattern).message)")
        }
        return prefix
    }
}
