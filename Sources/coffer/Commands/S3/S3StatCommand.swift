import ArgumentParser
import S3Client

struct S3StatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stat", abstract: "Show what a server says of an object, its encryption and checksum included.")

    @Argument(help: ArgumentHelp("The object.", valueName: "s3://BUCKET/KEY"))
    var address: String

    @Flag(help: "One JSON object.")
    var json = false

    @Option(
        help: ArgumentHelp("The file with the customer's key that encrypts it (SSE-C).", valueName: "FILE"))
    var sseCKey: String?

    @OptionGroup var server: S3Options

    mutating func run() async throws {
        let command = self
        try await command.orRefusal {
            let client = try command.server.client()
            let encryption =
                if let file = command.sseCKey { try EncryptionOptions.customer(file, client) } else {
                    WantedEncryption.ofBucket
                }
            let head = try await client.head(try ObjectAddress(objectArgument: command.address), encryption)
            if command.json { return JSONLine.print(head.headers) }
            let width = head.headers.keys.map(\.utf8.count).max() ?? 0
            for (name, value) in head.headers.sorted(by: { $0.key < $1.key }) {
                print("\(name)\(String(repeating: " ", count: width - name.utf8.count))  \(TerminalText.shown(value))")
            }
        }
    }
}
