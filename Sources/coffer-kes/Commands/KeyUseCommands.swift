import ArgumentParser
import Cryptography
import KESClient
import KESProtocol

struct KeyEncryptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "encrypt", abstract: "Encrypt a message.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("The key's name.", valueName: "NAME"))
    var name: String?

    @Argument(help: ArgumentHelp("The message, as it is.", valueName: "MESSAGE"))
    var message: String?

    func run() async throws {
        guard let text = name else { throw CommandFailure.missing("key name", in: "key encrypt") }
        guard let message else { throw CommandFailure.missing("message", in: "key encrypt") }
        let attempt = "failed to encrypt message"
        let name = try keyName(text, attempt)
        let client = try connection.client()
        let ciphertext = try await performing(attempt) { () async throws(KESClientError) in
            try await client.encrypt(Array(message.utf8), under: name, context: [])
        }
        SealedText.write([("ciphertext", Base64.encode(ciphertext))])
    }
}

struct KeyDecryptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "decrypt", abstract: "Decrypt a message.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("The key's name.", valueName: "NAME"))
    var name: String?

    @Argument(help: ArgumentHelp("What was encrypted, in base64.", valueName: "CIPHERTEXT"))
    var ciphertext: String?

    @Argument(help: ArgumentHelp("The context it was encrypted with, in base64.", valueName: "CONTEXT"))
    var context: String?

    func run() async throws {
        let help = "See '\(CommandPath.program) key decrypt --help'"
        guard let text = name else { throw CommandFailure("no key name specified. \(help)") }
        guard let encoded = ciphertext else { throw CommandFailure("no ciphertext specified. \(help)") }
        guard let bytes = Base64.decode(encoded) else {
            throw CommandFailure("invalid ciphertext: not base64. \(help)")
        }
        let context = try SealedText.context(self.context, help)
        let attempt = "failed to decrypt ciphertext"
        let name = try keyName(text, attempt)
        let client = try connection.client()
        var plaintext = try await performing(attempt) { () async throws(KESClientError) in
            try await client.decrypt(bytes, under: name, context: context)
        }
        defer { wipe(&plaintext) }
        SealedText.write([("plaintext", Base64.encode(plaintext))])
    }
}

struct KeyDataKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dek", abstract: "Make a data key, plain and encrypted.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("The key's name.", valueName: "NAME"))
    var name: String?

    @Argument(help: ArgumentHelp("A context to bind it to, in base64.", valueName: "CONTEXT"))
    var context: String?

    func run() async throws {
        let help = "See '\(CommandPath.program) key dek --help'"
        guard let text = name else { throw CommandFailure("no key name specified. \(help)") }
        let context = try SealedText.context(self.context, help)
        let attempt = "failed to derive key"
        let name = try keyName(text, attempt)
        let client = try connection.client()
        var key = try await performing(attempt) { () async throws(KESClientError) in
            try await client.generateKey(under: name, context: context)
        }
        defer { wipe(&key.plaintext) }
        SealedText.write([
            ("plaintext", Base64.encode(key.plaintext)), ("ciphertext", Base64.encode(key.ciphertext)),
        ])
    }
}

struct KeyHMACCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hmac", abstract: "Authenticate a message with a key's HMAC-SHA-256.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("The key's name.", valueName: "NAME"))
    var name: String?

    @Argument(help: ArgumentHelp("The message, as it is.", valueName: "MESSAGE"))
    var message: String?

    func run() async throws {
        guard let text = name else { throw CommandFailure.missing("key name", in: "key hmac") }
        guard let message else { throw CommandFailure.missing("message", in: "key hmac") }
        let attempt = "failed to compute HMAC"
        let name = try keyName(text, attempt)
        let client = try connection.client()
        let hmac = try await performing(attempt) { () async throws(KESClientError) in
            try await client.hmac(Array(message.utf8), under: name)
        }
        SealedText.write([("hmac", Base64.encode(hmac))])
    }
}

/// What the commands above print: lines for people, one JSON object without a line end for programs.
private enum SealedText {
    static func write(_ values: [(name: String, value: String)]) {
        guard Terminal.isPresent else {
            return Terminal.write(JSONLine.object(values.map { ($0.name, JSONLine.string($0.value)) }))
        }
        let width = values.map(\.name.count).max() ?? 0
        Terminal.write("\n" + values.map { "\(Lines.padded($0.name + ":", width + 1)) \($0.value)\n" }.joined())
    }

    static func context(_ text: String?, _ help: String) throws -> [UInt8] {
        guard let text else { return [] }
        guard let context = Base64.decode(text) else { throw CommandFailure("invalid context: not base64. \(help)") }
        return context
    }
}
